"""Guards: evaluators asked before and after a call, and what becomes of their word."""

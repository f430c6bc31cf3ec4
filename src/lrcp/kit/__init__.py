"""Floor 1: textbook mechanisms that know nothing of the domain."""

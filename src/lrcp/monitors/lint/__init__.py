"""Lint: what Datadog would refuse or ignore in a definition, and what commonly goes wrong with it. Pure."""

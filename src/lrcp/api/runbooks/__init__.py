"""Runbooks: texts that a person reads when something is wrong."""

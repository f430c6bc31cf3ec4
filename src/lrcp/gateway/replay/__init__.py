"""Replay: the decisions of a policy on requests that were, without making any of them again. Pure."""

"""Answers kept to be given again: exact and semantic."""

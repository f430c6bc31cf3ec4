"""Credentials that are not a key for good: tokens that end and must be renewed."""

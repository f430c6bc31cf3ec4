"""Limits: requests, tokens and calls in progress, counted in cells that all worker processes of a machine share."""

"""Requests, errors, latency, tokens and cost over time."""

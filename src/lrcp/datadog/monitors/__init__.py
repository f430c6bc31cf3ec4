"""Monitors of `/api/v1/monitor`: definitions, checks, states, search."""

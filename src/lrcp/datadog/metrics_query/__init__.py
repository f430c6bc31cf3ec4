"""Queries of metrics, logs, spans and events by formulas, and lists of metrics with their tags."""

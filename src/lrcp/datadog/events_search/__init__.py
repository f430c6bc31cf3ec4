"""Search and aggregation of logs, spans and events under Datadog's own paths."""

"""Read-only SQL over the telemetry tables."""

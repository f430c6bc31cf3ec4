"""A Source over the telemetry store: scans become the fewest statements, rows become arrays."""

"""What a monitor asks of telemetry and what it makes of the answers: one module a kind of monitor. Pure."""

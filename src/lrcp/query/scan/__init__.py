"""What is asked of telemetry (scans) and what comes back (blocks): the port between the language and any store."""

"""The telemetry store: migrations, column building, writing and reading, over one client (clickhouse-connect)."""

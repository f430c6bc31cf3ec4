"""Floor 3: telemetry (ClickHouse SQL over one client) and state (SQLAlchemy)."""

"""State: mutable rows with transactions, in SQLite by default, in PostgreSQL by URL. See store.StateStore."""

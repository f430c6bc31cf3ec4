"""The gateway as a client of the server: spans out, as OTLP."""

"""/api/keys: the virtual keys of the gateway's callers."""

"""Wire formats: what the gateway reads of the bytes that pass through it."""

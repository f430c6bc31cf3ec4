"""One folder a protocol; each turns bytes into records and does no I/O of its own."""

"""A small HTTP/1.1 client for the gateway's hot path: one try, bounded waits, pieces as they come."""

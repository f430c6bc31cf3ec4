"""What happens to records between a receiver and the store; each processor is one function over a list of records."""

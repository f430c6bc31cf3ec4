"""Floor 3: the data plane. An exchange goes through a literal list of stages; one file a stage, one a wire format, one row a provider."""

"""Our API against the recordings of Datadog's own client: what its server answered, ours answers."""

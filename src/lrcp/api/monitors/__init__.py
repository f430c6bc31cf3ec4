"""What monitors found and did: states, evaluations, transitions, notifications. Definitions are at Datadog's own paths."""

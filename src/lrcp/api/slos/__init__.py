"""How SLOs fare: error budgets now, and over time. Definitions are at Datadog's own paths."""

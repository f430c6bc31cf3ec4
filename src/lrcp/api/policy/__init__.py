"""/api/policy: what the gateway obeys, who changed it, what a change would do."""

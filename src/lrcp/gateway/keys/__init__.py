"""Virtual keys at the gateway: where they come from, and what a request may do with one."""

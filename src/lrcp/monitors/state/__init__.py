"""The state machine of a monitor's groups: observation and remembered states in, new states and transitions out. Pure."""

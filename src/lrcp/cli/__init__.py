"""Floor 7: the `lrcp` command. Each command imports what it runs only when it is run."""

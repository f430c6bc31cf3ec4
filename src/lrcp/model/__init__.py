"""Floor 1: the nouns of the system, as plain records. Nothing here does I/O."""

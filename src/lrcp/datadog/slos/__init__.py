"""Service level objectives: their definitions, corrections and history."""

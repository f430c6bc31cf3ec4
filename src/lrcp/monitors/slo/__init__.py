"""SLOs: what was good of all events or of all time, how much of the error budget that spent, and how fast. Pure but for history."""

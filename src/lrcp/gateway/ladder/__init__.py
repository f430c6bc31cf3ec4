"""The degradation ladder: declared steps taken one by one under pressure, and climbed back with hysteresis."""

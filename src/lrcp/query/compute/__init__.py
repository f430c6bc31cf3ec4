"""What an expression comes to: the scans it needs, and series from their answers. Arrays in, arrays out."""

"""Whole monitor queries of every type: a head, a window, an expression, a comparison."""

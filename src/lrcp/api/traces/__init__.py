"""Traces: finding them, and one of them whole."""

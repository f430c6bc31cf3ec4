"""Anthropic's Messages format: bytes in, records out, and back."""

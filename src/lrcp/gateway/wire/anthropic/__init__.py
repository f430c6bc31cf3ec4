"""Anthropic's Messages format: passed through, measured, and translated to and from the records of wire/chat.py."""

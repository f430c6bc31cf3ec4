"""OpenAI's responses: bytes in, records out, and back."""

"""OpenAI's chat completions and embeddings: bytes in, records out, and back."""

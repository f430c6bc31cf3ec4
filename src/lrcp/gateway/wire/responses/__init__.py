"""OpenAI's `/v1/responses`: what the gateway reads of it, and its codec."""

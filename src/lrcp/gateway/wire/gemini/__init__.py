"""Gemini's wire formats, as the Gemini API and Vertex AI speak them."""

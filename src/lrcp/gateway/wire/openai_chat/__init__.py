"""Chat completions and embeddings of OpenAI to and from the records of wire/chat.py."""

"""The reference application: a shop's question answering, instrumented as any application would be.

It is an example to copy from, so it imports nothing of the rest of this package: FastAPI, the official openai client
and ddtrace are all it needs. The model is asked through the gateway; the spans go to the server's trace agent port.
"""

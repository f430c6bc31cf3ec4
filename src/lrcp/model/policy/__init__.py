"""Policy: the one document that the gateway obeys, as records. document.Policy is the whole of it."""

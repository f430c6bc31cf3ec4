"""Datadog's query languages: text to tree, tree to text, tree to scans of the store, and what the scans' answers come to. Pure."""

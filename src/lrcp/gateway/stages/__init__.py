"""The stages of an exchange, one file each; the list of them is in chain.py."""

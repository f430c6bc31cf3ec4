"""Monitors at work: definitions that are followed, a tick every ten seconds, what it changes kept and told."""

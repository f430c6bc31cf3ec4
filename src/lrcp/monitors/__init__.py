"""Monitors: what they observe, the states of their groups, and a tick of all of them. The cores are pure."""

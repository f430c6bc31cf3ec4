"""Faults: failures on purpose. One file for each family of kinds; table.py lists them, stages/faults.py puts them in."""

"""The functions over series, a module a family; table.py has them by name."""

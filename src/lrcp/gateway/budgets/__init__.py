"""Budgets: dollars reserved before a call and settled after it, from leases on caps that all processes share."""

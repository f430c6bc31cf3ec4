"""/api/budgets: what of each budget is spent and leased."""

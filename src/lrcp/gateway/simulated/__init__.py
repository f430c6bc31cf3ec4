"""The provider `simulated`: models whose speed, length, quality, price and errors are declared, for drills and load."""

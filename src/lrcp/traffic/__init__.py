"""Traffic for the reference application: a seeded generator of a shop's questions, and a sender that never gives up."""

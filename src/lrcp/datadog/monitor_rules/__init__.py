"""What is set for monitors as a whole: notification rules, tag policies, templates."""

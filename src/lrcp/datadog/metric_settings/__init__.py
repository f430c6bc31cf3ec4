"""What people set for a metric: its metadata, and which of its tags are kept."""

"""Dashboards, and the lists that people sort them into."""

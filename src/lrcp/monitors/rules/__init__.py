"""Notification rules: recipients that are added to the notifications of many monitors at once. Pure."""

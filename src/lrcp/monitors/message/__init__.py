"""The text of a notification: Datadog's template language, read once and rendered for each transition. Pure."""

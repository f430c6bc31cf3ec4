"""Datadog's words for the level of a log, and how others' words become them. Source: Datadog's log status remapper."""

from typing import Final

LOG_STATUSES: Final = ("emergency", "alert", "critical", "error", "warn", "notice", "info", "debug", "ok")

STATUS_OF_SYSLOG: Final = LOG_STATUSES[:8]
"""By syslog's severity, 0 to 7."""

_BY_BEGINNING: Final = (
    ("emerg", "emergency"),
    ("f", "emergency"),
    ("a", "alert"),
    ("c", "critical"),
    ("e", "error"),
    ("w", "warn"),
    ("n", "notice"),
    ("i", "info"),
    ("d", "debug"),
    ("t", "debug"),
    ("v", "debug"),
    ("o", "ok"),
    ("s", "ok"),
)


def find_log_status(word: str) -> str | None:
    """The status that a word begins like, whatever its case; None when it is like none."""
    text = word.strip().lower()
    return next((status for beginning, status in _BY_BEGINNING if text.startswith(beginning)), None)

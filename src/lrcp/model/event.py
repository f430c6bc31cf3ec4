"""Event and ServiceCheck: things that happened, and states that something reported of itself."""

from typing import Final

import msgspec

ALERT_TYPES: Final = frozenset({"info", "success", "warning", "error"})
CHECK_STATUSES: Final = ("ok", "warning", "critical", "unknown")


class Event(msgspec.Struct):
    """One row of `events`."""

    time_ns: int
    title: str
    text: str = ""
    id: int = 0  # given to the sender, who may ask for the event again
    alert_type: str = "info"
    priority: str = "normal"
    source: str = ""
    aggregation_key: str = ""
    host: str = ""
    tags: tuple[str, ...] = ()


class ServiceCheck(msgspec.Struct):
    """One row of `checks`; status is one of CHECK_STATUSES."""

    time_ns: int
    check: str
    status: str
    host: str = ""
    message: str = ""
    tags: tuple[str, ...] = ()

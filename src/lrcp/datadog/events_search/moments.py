"""Times of a filter: ISO 8601, milliseconds or seconds since 1970, and date math such as `now-15m`."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from lrcp.datadog.errors import Refusal

_MATH: Final = re.compile(r"now(?:\s*([-+])\s*(\d{1,9})(ms|mo|[smhdwMy]))?\Z", re.ASCII)
_UNIT_NS: Final = {
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
    "w": 7 * 86400 * 10**9,
    "mo": 30 * 86400 * 10**9,
    "M": 30 * 86400 * 10**9,
    "y": 365 * 86400 * 10**9,
}
_SECONDS_UNTIL: Final = 10**11
"""Numbers below are seconds (until the year 5138), others milliseconds."""
MAX_NS: Final = 4_102_444_800 * 10**9
"""The year 2100, the last that is stored."""


def parse_moment(value: Any, now_ns: int) -> int | None:
    """Unix nanoseconds, from 0 to MAX_NS; None when it is no time."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    found = _MATH.match(text)
    if found:
        shift = int(found[2]) * _UNIT_NS[found[3]] if found[2] else 0
        return _within(now_ns + (-shift if found[1] == "-" else shift))
    number = re.fullmatch(r"(\d{1,15})(?:\.\d+)?", text, re.ASCII)
    if number:
        return _within(int(number[1]) * (10**9 if int(number[1]) < _SECONDS_UNTIL else 10**6))
    return _parse_iso(text)


def _parse_iso(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _within(round(moment.timestamp() * 1000) * 10**6)


def _within(ns: int) -> int:
    return min(max(ns, 0), MAX_NS)


def moment_text(ns: int) -> str:
    """As replies write times: `2023-06-29T09:40:00.000Z`."""
    moment = datetime.fromtimestamp(ns // 10**9, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ns // 10**6 % 1000:03d}Z"


INTERVAL: Final = re.compile(r"(\d{1,9})(ms|s|m|h|d|w)?\Z", re.ASCII)


def parse_interval_s(value: Any) -> int | None:
    """Seconds of `5m`, or of a number of milliseconds; at least 1; None when it is none."""
    found = INTERVAL.match(str(value))
    if found is None:
        return None
    return max(1, int(found[1]) * _UNIT_NS[found[2] or "ms"] // 10**9)


def refuse_field(field: str, reason: str, status: int = 400) -> Refusal:
    """What Datadog's search answers to a wrong field."""
    return Refusal(status, f"input_validation_error(Field '{field}' is invalid: {reason})")

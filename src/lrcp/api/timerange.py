"""Points in time as users write them: ISO 8601, Unix seconds or milliseconds, or how long ago (15m, 1h, 2d)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from lrcp.api.problems import field_error

NS: Final = 1_000_000_000
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_AGO = re.compile(r"(\d{1,6})([smhdw])\Z").match
_NUMBER = re.compile(r"\d{1,19}(\.\d{1,9})?\Z").match
_MAX_NS: Final = 4_102_444_800 * NS
"""2100-01-01: what the store's time column holds."""


@dataclass(frozen=True, kw_only=True)
class TimeRange:
    """[from_ns, to_ns), Unix nanoseconds."""

    from_ns: int
    to_ns: int

    @property
    def span_s(self) -> float:
        return (self.to_ns - self.from_ns) / NS


def parse_time_ns(field: str, text: str, now_ns: int) -> int:
    """One point in time, Unix nanoseconds. Raises: ApiError 422 naming the field."""
    word = text.strip()
    ago = _AGO(word)
    if word == "now":
        return now_ns
    if ago:
        moment_ns = now_ns - int(ago[1]) * _UNIT_S[ago[2]] * NS
    elif _NUMBER(word):
        moment_ns = _unix_ns(word)
    else:
        moment_ns = _iso_ns(field, word)
    if not 0 <= moment_ns <= _MAX_NS:
        raise field_error(field, "the time is not between 1970 and 2100")
    return moment_ns


def _unix_ns(word: str) -> int:
    seconds, _, fraction = word.partition(".")
    number = int(seconds)
    for digits, unit_ns in ((11, NS), (14, 1_000_000), (17, 1_000)):
        if len(seconds) <= digits:
            return number * unit_ns + int(fraction.ljust(9, "0")[:9] or 0) * unit_ns // NS
    return number


def _iso_ns(field: str, word: str) -> int:
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        raise field_error(
            field,
            f"{word[:40]!r} is not a time; write 2026-11-20T10:00:00Z, Unix seconds or milliseconds, or 15m, 1h, 1d",
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    delta = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * NS + delta.microseconds * 1_000


def parse_range(from_text: str, to_text: str, now_ns: int) -> TimeRange:
    """The range of two query fields, `from` and `to`. Raises: ApiError 422 - a field is wrong, or from is not before to."""
    from_ns = parse_time_ns("query.from", from_text, now_ns)
    to_ns = parse_time_ns("query.to", to_text, now_ns)
    if from_ns >= to_ns:
        raise field_error("query.from", "it must be before `to`")
    return TimeRange(from_ns=from_ns, to_ns=to_ns)


def iso_time(moment_ns: int) -> str:
    """Unix nanoseconds as ISO 8601 in UTC with all nine digits."""
    seconds, rest = divmod(moment_ns, NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"

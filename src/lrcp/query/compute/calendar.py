"""Rollups by the calendar: `.rollup(sum, monthly, 15th, 'Europe/Paris')`. Days, weeks, months and years of a time zone.

Datadog documents what they are for, not how they are written; the form is that of queries its editor has made (and of
Terraform and API examples). Checked by tests/spec/query/evaluation/calendar.test.
"""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import gcd
from typing import Final
from zoneinfo import ZoneInfo

from lrcp.kit.recurrence import find_timezone
from lrcp.model.errors import InputError
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Modifier, Number, Text, Word
from lrcp.query.metric.calendar import PERIODS, begin_of

_FINEST_S: Final = 900
"""Offsets of time zones are multiples of it."""
_MOST_EDGES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """period: one of PERIODS. begins: the hour, the weekday (0: Monday), the day of the month or the month it begins with."""

    period: str
    begins: int
    timezone: str = "UTC"


def calendar_of(rollup: Modifier | None) -> Calendar | None:
    """The calendar that a rollup names, None when it names seconds or nothing.

    Raises: QueryError - a beginning that the period does not have.
    """
    words = [one for one in rollup.arguments if isinstance(one, Word | Text)] if rollup else []
    place = next((n for n, one in enumerate(words) if one.value in PERIODS), None)
    if place is None or any(isinstance(one, Number) for one in (rollup.arguments if rollup else ())):
        return None
    period, begins, zone = words[place].value, _FIRST[words[place].value], "UTC"
    for one in words[place + 1 :]:
        found = begin_of(period, one.value)
        if found is not None:
            begins = found
        elif isinstance(one, Text):
            zone = one.value
        else:
            raise QueryError(f"a {period} rollup does not begin with {one.value}")
    return Calendar(period, begins, zone)


_FIRST: Final = {"daily": 0, "weekly": 0, "monthly": 1, "yearly": 1}
"""Midnight, Monday, the first, January."""


@lru_cache(maxsize=1024)
def edges_of(found: Calendar, since_s: int, until_s: int) -> tuple[int, ...]:
    """Where the buckets begin that touch [since_s, until_s), and the end of the last; Unix seconds.

    Raises: QueryError - no such zone, times beyond the calendar's years, or too many buckets.
    """
    try:
        zone = find_timezone(found.timezone)
    except InputError:
        raise QueryError(f"there is no time zone {found.timezone}") from None
    try:
        day = _first_day(found, datetime.fromtimestamp(since_s, zone).date() - timedelta(days=1))
        edges: list[int] = []
        while not edges or edges[-1] < until_s:
            edge = _start_s(found, day, zone)
            edges[:] = [edge] if edge <= since_s else [*edges, edge]
            day = _next_day(found, day)
            if len(edges) > _MOST_EDGES:
                raise QueryError(f"a {found.period} rollup of this range has more than {_MOST_EDGES} buckets")
    except (OverflowError, ValueError, OSError):
        raise QueryError(f"a {found.period} rollup does not reach there") from None
    return tuple(edges)


def step_of(edges: tuple[int, ...]) -> int:
    """Seconds that divide the time between any two edges and the epoch: a quarter of an hour to a day."""
    return max(_FINEST_S, gcd(86_400, *edges))


def _start_s(found: Calendar, day: date, zone: ZoneInfo) -> int:
    """Midnight, or the hour; where the clock leaps over it, the moment after."""
    hour = found.begins if found.period == "daily" else 0
    return int(datetime(day.year, day.month, day.day, hour, tzinfo=zone).timestamp())


def _first_day(found: Calendar, day: date) -> date:
    """The last day up to a day on which a bucket may begin."""
    if found.period == "daily":
        return day
    if found.period == "weekly":
        return day - timedelta(days=(day.weekday() - found.begins) % 7)
    if found.period == "yearly":
        return date(day.year - (day.month < found.begins), found.begins, 1)
    this = _in_month(day.year, day.month, found.begins)
    return this if this <= day else _in_month(day.year, day.month - 1, found.begins)


def _next_day(found: Calendar, day: date) -> date:
    if found.period in ("daily", "weekly"):
        return day + timedelta(days=1 if found.period == "daily" else 7)
    if found.period == "yearly":
        return day.replace(year=day.year + 1)
    return _in_month(day.year, day.month + 1, found.begins)


def _in_month(year: int, month: int, day: int) -> date:
    """A day of a month, its last one where it has fewer. month: 0 and 13 are those of the years beside it."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))

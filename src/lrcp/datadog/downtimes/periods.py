"""When a downtime silences: its current or next period, and the status that follows from it."""

from datetime import datetime
from typing import Any, Final, NamedTuple

from lrcp.datadog.downtimes.definition import parse_duration
from lrcp.datadog.times import parse_time
from lrcp.kit.recurrence import find_occurrences, parse_recurrence

_AHEAD_S: Final = 370 * 86_400
"""How far ahead the next period is looked for: a rule of every year has one."""


class Period(NamedTuple):
    """Unix seconds; end_s None: until it is cancelled."""

    start_s: float
    end_s: float | None

    def holds(self, now_s: float) -> bool:
        return self.start_s <= now_s and (self.end_s is None or now_s < self.end_s)


def find_period(document: dict[str, Any], now_s: float) -> Period | None:
    """The period that is under way, else the next one, else None. A cancelled downtime has none."""
    if document["canceled"]:
        return None
    schedule = document["schedule"]
    if "recurrences" in schedule:
        return _recurring(schedule, now_s)
    start_s = parse_time(schedule["start"], "start") / 1e9
    end_s = None if schedule["end"] is None else parse_time(schedule["end"], "end") / 1e9
    return None if end_s is not None and end_s <= now_s else Period(start_s, end_s)


def status_of(document: dict[str, Any], now_s: float) -> str:
    """`canceled`, `ended`, `scheduled` or `active`."""
    if document["canceled"]:
        return "canceled"
    period = find_period(document, now_s)
    if period is None:
        return "ended"
    return "active" if period.holds(now_s) else "scheduled"


def _recurring(schedule: dict[str, Any], now_s: float) -> Period | None:
    periods = [period for one in schedule["recurrences"] for period in _periods(one, schedule["timezone"], now_s)]
    return min(periods, default=None)


def _periods(recurrence: dict[str, Any], zone: str, now_s: float) -> list[Period]:
    """The period under way and the next one of a recurrence, as far as there are any."""
    duration_s = parse_duration(recurrence["duration"])
    rule = parse_recurrence(recurrence["rrule"], datetime.fromisoformat(recurrence["start"]), zone)
    current = find_occurrences(rule, now_s - duration_s, now_s)
    starts = [start for start in current if start + duration_s > now_s][:1]
    starts = starts or find_occurrences(rule, now_s, now_s + _AHEAD_S)[:1]
    return [Period(start, start + duration_s) for start in starts]

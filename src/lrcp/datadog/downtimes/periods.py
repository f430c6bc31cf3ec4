"""When a downtime silences: its current or next period, and the status that follows from it."""

from typing import Any, Final

from lrcp.kit.recurrence import find_occurrences
from lrcp.monitors.downtime.active import Interval, find_interval
from lrcp.monitors.downtime.definition import Downtime, parse_downtime

_AHEAD_S: Final = 370 * 86_400
"""How far ahead the next period is looked for: a rule of every year has one."""


def find_period(document: dict[str, Any], now_s: float) -> Interval | None:
    """The period that is under way, else the next one, else None. A cancelled downtime has none."""
    if document["canceled"]:
        return None
    downtime = parse_downtime(document)
    return find_interval(downtime, now_s) or _next(downtime, now_s)


def status_of(document: dict[str, Any], now_s: float) -> str:
    """`canceled`, `ended`, `scheduled` or `active`."""
    if document["canceled"]:
        return "canceled"
    period = find_period(document, now_s)
    if period is None:
        return "ended"
    return "active" if period.holds(now_s) else "scheduled"


def _next(downtime: Downtime, now_s: float) -> Interval | None:
    if not downtime.repeats:
        return Interval(downtime.start_s, downtime.end_s) if downtime.start_s > now_s else None
    found = []
    for repeat in downtime.repeats:
        starts = find_occurrences(repeat.recurrence, now_s, now_s + _AHEAD_S)[:1]
        found += [Interval(start_s, start_s + repeat.duration_s) for start_s in starts]
    return min(found, key=lambda one: one.start_s, default=None)

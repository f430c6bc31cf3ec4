"""When a downtime is in force."""

from dataclasses import dataclass
from functools import lru_cache

from lrcp.kit.recurrence import find_occurrences
from lrcp.monitors.downtime.definition import Downtime, Repeat


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """[start_s, end_s), Unix seconds; end_s None: until it is canceled. canceled: that is how it ended."""

    start_s: float
    end_s: float | None
    canceled: bool = False

    def holds(self, at_s: float) -> bool:
        """Whether a time lies within."""
        return self.start_s <= at_s and (self.end_s is None or at_s < self.end_s)


@lru_cache(maxsize=8192)
def find_interval(downtime: Downtime, at_s: float) -> Interval | None:
    """The interval in force at a time, None when there is none; of several the one that began first."""
    if downtime.canceled_s is not None and at_s >= downtime.canceled_s:
        return None
    return min((one for one in _around(downtime, at_s, at_s) if one.holds(at_s)), key=_start, default=None)


@lru_cache(maxsize=4096)
def find_ended(downtime: Downtime, since_s: float, until_s: float) -> tuple[Interval, ...]:
    """Intervals that ended in (since_s, until_s], by expiring or by being canceled, and were not taken on by another.

    Remembered, as every monitor of a tick asks the same.
    """
    ended = []
    for one in _around(downtime, since_s, until_s):
        cut = _cut(one, downtime.canceled_s)
        if cut is not None and cut.end_s is not None and since_s < cut.end_s <= until_s:
            ended.append(cut)
    return tuple(one for one in ended if one.end_s is not None and find_interval(downtime, one.end_s) is None)


def _start(interval: Interval) -> float:
    return interval.start_s


def _cut(interval: Interval, canceled_s: float | None) -> Interval | None:
    """An interval as a cancellation leaves it."""
    if canceled_s is None or (interval.end_s is not None and interval.end_s <= canceled_s):
        return interval
    return Interval(interval.start_s, canceled_s, canceled=True) if interval.start_s < canceled_s else None


def _around(downtime: Downtime, since_s: float, until_s: float) -> list[Interval]:
    """All intervals that touch [since_s, until_s], as they are scheduled."""
    if not downtime.repeats:
        one = Interval(downtime.start_s, downtime.end_s)
        return [one] if one.start_s <= until_s and (one.end_s is None or one.end_s >= since_s) else []
    return [interval for repeat in downtime.repeats for interval in _of_repeat(repeat, since_s, until_s)]


def _of_repeat(repeat: Repeat, since_s: float, until_s: float) -> list[Interval]:
    starts = find_occurrences(repeat.recurrence, since_s - repeat.duration_s, until_s + 1)
    return [Interval(start_s, start_s + repeat.duration_s) for start_s in starts]

"""Ranges of time, and the buckets that a range is shown in."""

from dataclasses import dataclass
from typing import Final

from lrcp.datadog.errors import invalid
from lrcp.model.metric import BUCKET_S
from lrcp.query.scan.grid import Grid

MAX_POINTS: Final = 1500
"""Of one series; finer intervals are made coarser."""
RETENTION_S: Final = 456 * 86_400
"""Fifteen months: what ends before is refused, as Datadog refuses it."""

_AUTOMATIC: Final = (
    (3600, 20),
    (4 * 3600, 60),
    (86_400, 300),
    (2 * 86_400, 600),
    (7 * 86_400, 3600),
    (31 * 86_400, 14_400),
)
"""(longest range, interval) in seconds; a day beyond."""


@dataclass(frozen=True, slots=True)
class Range:
    """[from_s, to_s), Unix seconds."""

    from_s: float
    to_s: float

    @property
    def window(self) -> tuple[int, int]:
        """The range by whole buckets of the store."""
        start_s = int(self.from_s // BUCKET_S) * BUCKET_S
        return start_s, max(start_s + BUCKET_S, -int(-self.to_s // BUCKET_S) * BUCKET_S)

    def grid(self, interval_s: float | None = None) -> Grid:
        """Buckets on the epoch: from the first that begins in the range to the one that holds its end."""
        length_s = self.to_s - self.from_s
        step_s = next((step for longest, step in _AUTOMATIC if length_s <= longest), 86_400)
        if interval_s:
            step_s = max(BUCKET_S, -int(-interval_s // BUCKET_S) * BUCKET_S)
        step_s *= max(1, -int(-length_s // (step_s * MAX_POINTS)))
        first, behind = -int(-self.from_s // step_s), -int(-self.to_s // step_s)
        if behind <= first:
            first = behind - 1
        return Grid(first * step_s, step_s, behind - first)


def read_range(since_s: float, until_s: float, now_s: float) -> Range:
    """A range within what can be asked. Raises: Refusal."""
    if not since_s < until_s:
        raise invalid("Invalid time range: 'from' must be before 'to'")
    if until_s < now_s - RETENTION_S:
        raise invalid("Queries ending outside the retention date are invalid")
    if until_s > now_s + 366 * 86_400 or until_s - since_s > RETENTION_S + 366 * 86_400:
        raise invalid("Invalid time range: it is too long, or too far ahead")
    return Range(since_s, until_s)

"""Seasons: where a point's counterparts in earlier seasons are, in the local time of a zone."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from lrcp.kit.recurrence import find_timezone
from lrcp.model.errors import InputError
from lrcp.query.scan.grid import Array

SEASONS_S: Final = {"hourly": 3600, "daily": 86_400, "weekly": 7 * 86_400}
"""Lengths of the seasons, by the names that queries use."""


def points_of(season: str, step_s: int) -> int:
    """Points of one season. Raises: InputError - no such season, or it is no whole number of steps."""
    length_s = SEASONS_S.get(season)
    if length_s is None:
        raise InputError(f"seasonality must be one of {', '.join(SEASONS_S)}, not {season!r}")
    if length_s % step_s or step_s >= length_s:
        raise InputError(f"an interval of {step_s} s does not divide {season} seasons")
    return length_s // step_s


def earlier_indexes(
    points: int, season: str, *, step_s: int, start_s: int, timezone: str, seasons: int
) -> NDArray[np.intp]:
    """Of each point, the points one, two, ... seasons earlier at the same local time.

    Returns: intp[seasons, points], negative where the data does not reach back. Every index is below its own point.
    """
    period = points_of(season, step_s)
    back = np.arange(1, seasons + 1)[:, None] * period
    at = np.arange(points)[None, :]
    if season == "hourly" or timezone.upper() in ("", "UTC"):
        return at - back
    times_s = start_s + step_s * np.arange(-seasons * period, points)
    offset_s = _offsets_s(times_s, timezone)
    moved = (offset_s[at + seasons * period] - offset_s[at - back + seasons * period]) // step_s
    # With clocks set back, yesterday's same local time is an hour further away; forward: nearer.
    earlier: NDArray[np.intp] = np.minimum(at - back + moved, at - 1)
    return earlier


def take(values: Array, indexes: NDArray[np.intp]) -> Array:
    """values[:, indexes] as float64[n, points, seasons]; NaN for negative indexes."""
    found = values[:, np.maximum(indexes, 0).T]
    found[:, (indexes < 0).T] = np.nan
    return found


def _offsets_s(times_s: NDArray[np.int64], timezone: str) -> NDArray[np.int64]:
    """Seconds east of UTC at each time; zones change their offset at quarters of an hour only."""
    try:
        zone = find_timezone(timezone)
    except InputError:
        raise InputError(f"no such time zone: {timezone!r}") from None
    quarters, place = np.unique(times_s // 900, return_inverse=True)
    found = [_offset_s(int(quarter) * 900, zone) for quarter in quarters]
    return np.array(found, dtype=np.int64)[place]


def _offset_s(time_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(time_s, UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0

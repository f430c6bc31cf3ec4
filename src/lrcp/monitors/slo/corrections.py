"""When an SLO is corrected: stretches of time from one-off and recurring corrections."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.kit.recurrence import find_occurrences, parse_recurrence, parse_timezone
from lrcp.model.metric import BUCKET_S
from lrcp.model.slo import Correction

Stretch = tuple[int, int]
"""[from_s, to_s), Unix seconds."""

MAX_CORRECTION_S: Final = 31 * 86_400
"""The longest that one occurrence of a recurring correction lasts."""


def corrected_time(corrections: Iterable[Correction], from_s: int, to_s: int) -> tuple[Stretch, ...]:
    """The corrected stretches within [from_s, to_s), in order, none touching the next.

    Edges are moved outwards to multiples of 10 s, the resolution that points are kept in.
    Raises: InputError - a rule or a time zone that cannot be read.
    """
    found = []
    for correction in corrections:
        for start_s, end_s in _stretches(correction, from_s, to_s):
            first = max(from_s, start_s // BUCKET_S * BUCKET_S)
            last = min(to_s, -(-end_s // BUCKET_S) * BUCKET_S)
            if first < last:
                found.append((first, last))
    return tuple(_merged(sorted(found)))


def _stretches(correction: Correction, from_s: int, to_s: int) -> Iterator[Stretch]:
    if not correction.rrule:
        if correction.end_s is not None:
            yield correction.start_s, correction.end_s
        return
    length_s = min(correction.duration_s, MAX_CORRECTION_S)
    zone = parse_timezone(correction.timezone)
    start = datetime.fromtimestamp(correction.start_s, zone).replace(tzinfo=None)
    recurrence = parse_recurrence(correction.rrule, start, correction.timezone)
    until_s = to_s if correction.end_s is None else min(to_s, correction.end_s)
    for time_s in find_occurrences(recurrence, max(correction.start_s, from_s - length_s), until_s):
        yield int(time_s), int(time_s) + length_s


def _merged(stretches: Sequence[Stretch]) -> Iterator[Stretch]:
    open_s, close_s = 0, 0
    for start_s, end_s in stretches:
        if start_s > close_s:
            if open_s < close_s:
                yield open_s, close_s
            open_s = start_s
        close_s = max(close_s, end_s)
    if open_s < close_s:
        yield open_s, close_s


def touched(stretches: Sequence[Stretch], starts_s: NDArray[np.int64], step_s: int) -> NDArray[np.bool_]:
    """Which buckets [start, start + step_s) lie in a stretch, wholly or in part; starts ascending."""
    found = np.zeros(len(starts_s), dtype=np.bool_)
    for start_s, end_s in stretches:
        first = int(np.searchsorted(starts_s, start_s - step_s, side="right"))
        last = int(np.searchsorted(starts_s, end_s, side="left"))
        found[first:last] = True
    return found

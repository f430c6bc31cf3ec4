"""Pieces: a period in few buckets, and the parts of it that are read again to be taken away because they are corrected.

Events add up, so a period of any length is one bucket for its sum and about 180 for its course; a corrected part of a bucket
costs a few buckets more, a wholly corrected one nothing. Buckets of 10 s are asked for within corrections only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd
from typing import Final

from lrcp.model.errors import InputError
from lrcp.monitors.slo.corrections import Stretch
from lrcp.query.scan.grid import Grid

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_STEPS: Final = (
    (2 * _HOUR_S, 60),
    (12 * _HOUR_S, 300),
    (_DAY_S, 600),
    (7 * _DAY_S, _HOUR_S),
    (31 * _DAY_S, 4 * _HOUR_S),
    (92 * _DAY_S, 12 * _HOUR_S),
)
"""(periods up to this, seconds a bucket of the course)."""
MAX_PERIOD_S: Final = 2 * 366 * _DAY_S
MAX_PIECES: Final = 400
"""Parts that are read again; beyond, the whole period is read in buckets that fit the edges."""
MAX_PART_BUCKETS: Final = 50_000
"""Of all parts that are read again together."""
MAX_FINE_BUCKETS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Piece:
    """grid: buckets whose sum is taken away from bucket `place` of the whole."""

    grid: Grid
    place: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """whole: the period; its last bucket may be shorter than a step: rest is that one, None when it is as long.

    without: places of wholly corrected buckets. fold: buckets of whole that make up one of the course.
    """

    whole: Grid
    rest: Grid | None
    without: tuple[int, ...]
    parts: tuple[Piece, ...]
    fold: int = 1

    @property
    def grids(self) -> Iterator[Grid]:
        """All that are read."""
        if self.whole.count:
            yield self.whole
        if self.rest is not None:
            yield self.rest
        for part in self.parts:
            yield part.grid


def course_step_s(length_s: int) -> int:
    """Seconds of a bucket in the course of a period."""
    return next((step_s for longest_s, step_s in _STEPS if length_s <= longest_s), _DAY_S)


def cut_period(from_s: int, to_s: int, step_s: int, corrected: Sequence[Stretch]) -> Pieces:
    """The period [from_s, to_s) in buckets of step_s from its beginning on. All times are multiples of 10 s.

    Raises: InputError - an empty or too long period.
    """
    if not 0 < to_s - from_s <= MAX_PERIOD_S:
        raise InputError(f"a period of an SLO lasts up to two years, not {to_s - from_s} s")
    pieces = _cut(from_s, to_s, step_s, corrected)
    if len(pieces.parts) <= MAX_PIECES:
        return pieces
    fine_s = _fitting_step_s(from_s, to_s, step_s, corrected)
    fine = _cut(from_s, to_s, fine_s, _rounded(corrected, from_s, to_s, fine_s))
    return Pieces(fine.whole, fine.rest, fine.without, fine.parts, step_s // fine_s)


def _cut(from_s: int, to_s: int, step_s: int, corrected: Sequence[Stretch]) -> Pieces:
    count, over_s = divmod(to_s - from_s, step_s)
    rest = Grid(to_s - over_s, over_s, 1) if over_s else None
    without: list[int] = []
    parts: list[tuple[Stretch, int]] = []
    for start_s, end_s in corrected:
        for place in range((start_s - from_s) // step_s, -((from_s - end_s) // step_s)):
            low_s = from_s + place * step_s
            high_s = min(low_s + step_s, to_s)
            if start_s <= low_s and high_s <= end_s:
                without.append(place)
            else:
                parts.append(((max(start_s, low_s), min(end_s, high_s)), place))
    return Pieces(Grid(from_s, step_s, count), rest, tuple(without), _pieces_of(parts))


def _pieces_of(parts: Sequence[tuple[Stretch, int]]) -> tuple[Piece, ...]:
    """Several in buckets of one size, so that a store reads them with one statement, unless those would be too many."""
    common_s = gcd(*(edge_s for stretch, _ in parts for edge_s in stretch)) if len(parts) > 1 else 0
    if common_s and sum(end_s - start_s for (start_s, end_s), _ in parts) // common_s <= MAX_PART_BUCKETS:
        return tuple(Piece(Grid(a, common_s, (b - a) // common_s), place) for (a, b), place in parts)
    return tuple(Piece(Grid(a, b - a, 1), place) for (a, b), place in parts)


def _fitting_step_s(from_s: int, to_s: int, step_s: int, corrected: Sequence[Stretch]) -> int:
    """The coarsest part of step_s whose buckets begin at every edge, or the finest that is not too fine."""
    fitting = step_s
    for stretch in corrected:
        for edge_s in stretch:
            fitting = gcd(fitting, edge_s - from_s)
    least_s = -(-(to_s - from_s) // MAX_FINE_BUCKETS)
    for parts in range(step_s // 10, 0, -1):
        if step_s % (parts * 10) == 0 and step_s // parts >= max(fitting, least_s):
            return step_s // parts
    return step_s


def _rounded(corrected: Sequence[Stretch], from_s: int, to_s: int, step_s: int) -> list[Stretch]:
    """The stretches with their edges at buckets, moved to the nearer one; the end of the period stays where it is."""
    edges = [tuple(min(to_s, from_s + round((at_s - from_s) / step_s) * step_s) for at_s in one) for one in corrected]
    return [(start_s, end_s) for start_s, end_s in edges if start_s < end_s]

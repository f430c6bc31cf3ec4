"""Two operands become one: their groups are matched, then their points. Source: DATADOG.md 3.7, rule 7.

Groups match when they agree in the keys that both have; so one series meets every group, and `by {host}` every
`by {host,model}` of that host. A group that misses its other half is left out. An operand that counts (`.as_count()`) misses
nothing: where the other side has a point it is 0. n/0 is no point.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.query.compute.series import SeriesSet
from lrcp.query.errors import QueryError
from lrcp.query.scan.grid import Array

MOST_GROUPS: Final = 200_000

Operand = SeriesSet | float

_OPERATIONS: Final[dict[str, Callable[[Array, Array], Array]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}


def calculate(operator: str, left: Operand, right: Operand) -> Operand:
    """left operator right. Raises: QueryError - more than MOST_GROUPS groups would come of it."""
    operation = _OPERATIONS[operator]
    with np.errstate(all="ignore"):
        if isinstance(left, SeriesSet) and isinstance(right, SeriesSet):
            return _joined(operator, left, right)
        if isinstance(left, SeriesSet):
            return _with_number(operation(left.values, np.float64(right)), left, left.counted)  # type: ignore[arg-type]
        if isinstance(right, SeriesSet):
            counted = right.counted and operator != "/"
            return _with_number(operation(np.float64(left), right.values), right, counted)  # type: ignore[arg-type]
        return float(_finite(operation(np.float64(left), np.float64(right))))  # type: ignore[arg-type]


def negate(operand: Operand) -> Operand:
    """-operand."""
    return calculate("-", 0.0, operand)


def _with_number(values: Array, of: SeriesSet, counted: bool) -> SeriesSet:
    return replace(of, values=_finite(values), counted=counted)


def _joined(operator: str, left: SeriesSet, right: SeriesSet) -> SeriesSet:
    left, right = _nothing_counted(left, right), _nothing_counted(right, left)
    pairs = _pairs(left, right)
    a, b = pairs.take(left.values, pairs.left), pairs.take(right.values, pairs.right)
    a, b = (
        np.where(np.isnan(a) & ~np.isnan(b), 0.0, a) if left.counted else a,
        np.where(np.isnan(b) & ~np.isnan(a), 0.0, b) if right.counted else b,
    )
    values = _finite(_OPERATIONS[operator](a, b))
    return SeriesSet(
        left.grid,
        pairs.keys,
        pairs.groups,
        values,
        left.unit if left.unit == right.unit and operator in "+-" else "",
        left.gauge and right.gauge,
        left.counted and right.counted and operator != "/",
        left.cut + right.cut,
    )


def _nothing_counted(one: SeriesSet, other: SeriesSet) -> SeriesSet:
    """A count that found no series at all is 0 for every group of the other side."""
    if one.groups or not one.counted or not other.groups:
        return one
    groups = list(dict.fromkeys(other.groups)) if set(one.keys) <= set(other.keys) else []
    keys = other.keys if groups else one.keys
    values = np.full((len(groups), one.grid.count), np.nan)
    return replace(one, keys=keys, groups=groups, values=values)


class _Pairs:
    """Which row of the left meets which of the right; row -1: none, its points are missing."""

    def __init__(
        self, keys: tuple[str, ...], groups: list[tuple[str, ...]], left: list[int] | None, right: list[int] | None
    ) -> None:
        self.keys, self.groups = keys, groups
        self.left = None if left is None else np.array(left, np.int64)
        self.right = None if right is None else np.array(right, np.int64)

    @staticmethod
    def take(values: Array, rows: NDArray[np.int64] | None) -> Array:
        """The rows; None: all as they are (or one that is broadcast)."""
        if rows is None:
            return values
        taken = values[np.maximum(rows, 0)] if len(values) else np.full((len(rows), values.shape[1]), np.nan)
        if (rows < 0).any():
            taken[rows < 0] = np.nan
        return taken


def _pairs(left: SeriesSet, right: SeriesSet) -> _Pairs:
    if left.keys == right.keys and left.groups == right.groups:
        return _Pairs(left.keys, left.groups, None, None)
    if not right.keys and len(right.groups) == 1:
        return _Pairs(left.keys, left.groups, None, [0] * len(left.groups))
    if not left.keys and len(left.groups) == 1:
        return _Pairs(right.keys, right.groups, [0] * len(right.groups), None)
    if set(left.keys) == set(right.keys):
        return _equal_keys(left, right)
    return _common_keys(left, right)


def _equal_keys(left: SeriesSet, right: SeriesSet) -> _Pairs:
    """The same keys, in any order; groups of one side only stay when the other side counts."""
    order = [right.keys.index(key) for key in left.keys]
    of_right = {tuple(group[place] for place in order): row for row, group in enumerate(right.groups)}
    groups: list[tuple[str, ...]] = []
    a: list[int] = []
    b: list[int] = []
    for row, group in enumerate(left.groups):
        met = of_right.pop(group, -1)
        if met >= 0 or right.counted:
            groups.append(group)
            a.append(row)
            b.append(met)
    if left.counted:
        for group, row in of_right.items():
            groups.append(group)
            a.append(-1)
            b.append(row)
    return _Pairs(left.keys, groups, a, b)


def _common_keys(left: SeriesSet, right: SeriesSet) -> _Pairs:
    """Different keys: every pair that agrees in those that both have."""
    common = [key for key in left.keys if key in right.keys]
    own = [place for place, key in enumerate(right.keys) if key not in left.keys]
    of_left, of_right = [left.keys.index(key) for key in common], [right.keys.index(key) for key in common]
    met: dict[tuple[str, ...], list[int]] = {}
    for row, group in enumerate(right.groups):
        met.setdefault(tuple(group[place] for place in of_right), []).append(row)
    found: list[tuple[tuple[str, ...], int, int]] = []
    for row, group in enumerate(left.groups):
        for other in met.get(tuple(group[place] for place in of_left), ()):
            found.append((group + tuple(right.groups[other][place] for place in own), row, other))
        if len(found) > MOST_GROUPS:
            raise QueryError(f"the sides of the arithmetic make more than {MOST_GROUPS} groups together")
    keys = left.keys + tuple(right.keys[place] for place in own)
    return _Pairs(keys, [group for group, _, _ in found], [a for _, a, _ in found], [b for _, _, b in found])


def _finite(values: Array) -> Array:
    """n/0 and what is too large for a number are no points."""
    return values if np.isfinite(values).all() else np.where(np.isfinite(values), values, np.nan)

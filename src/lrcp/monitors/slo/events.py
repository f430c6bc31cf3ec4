"""Metric SLOs: good events of all events. Sums are exact, whatever buckets they are read in; corrected time is taken away."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lrcp.model.slo import EventIndicator
from lrcp.monitors.evaluate.observer import Answers
from lrcp.monitors.slo.expressions import counting, read_expression
from lrcp.monitors.slo.pieces import Pieces
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.series import SeriesSet
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Arithmetic, Expression, Negation, Number
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import Scan

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventQueries:
    """good and others: expressions that count. bad: whether others are the bad events, else they are all events."""

    good: Expression
    others: Expression
    bad: bool

    def scans(self, grids: Iterable[Grid]) -> frozenset[Scan]:
        """What is to be read for buckets."""
        grids = list(grids)
        return frozenset(scan for side in (self.good, self.others) for grid in grids for scan in plan_scans(side, grid))


@dataclass(slots=True)
class EventCounts:
    """By group and bucket: float64[n, buckets], never NaN, good <= valid. keys: of the grouping."""

    keys: tuple[str, ...]
    groups: list[Group]
    good: Array
    valid: Array


def read_events(indicator: EventIndicator) -> EventQueries:
    """The queries of a metric SLO. Raises: QueryError - one that cannot be read, or that counts nothing."""
    good, others = (
        counting(read_expression(formula, indicator.queries))
        for formula in (indicator.good, indicator.total or indicator.bad)
    )
    return EventQueries(good, others, bad=not indicator.total)


def count_events(queries: EventQueries, pieces: Pieces, answers: Answers) -> EventCounts:
    """Events by bucket of the course. answers: to queries.scans(pieces.grids).

    Raises: QueryError - good and other events are grouped differently.
    """
    good, others = (_over_pieces(side, pieces, answers) for side in (queries.good, queries.others))
    keys, groups, first, second = _matched(good, others)
    valid = first + second if queries.bad else second
    return EventCounts(keys, groups, np.minimum(first, valid), valid)


def sum_events(queries: EventQueries, pieces: Pieces, answers: Answers) -> tuple[float, float]:
    """(good, valid) of all groups and the whole period."""
    counts = count_events(queries, pieces, answers)
    return float(counts.good.sum()), float(counts.valid.sum())


# --- a side over the pieces of a period ---


@dataclass(slots=True)
class _Side:
    keys: tuple[str, ...]
    rows: dict[Group, Array]


def _over_pieces(side: Expression, pieces: Pieces, answers: Answers) -> _Side:
    width = pieces.whole.count + (pieces.rest is not None)
    total = _Side((), {})
    for grid, place in [(pieces.whole, 0), (pieces.rest, pieces.whole.count)]:
        if grid is not None and grid.count:
            _add(total, _count(side, grid, answers), width, slice(place, place + grid.count))
    for piece in pieces.parts:
        found = _count(side, piece.grid, answers)
        _add(
            total,
            replace(found, values=-found.values.sum(axis=1, keepdims=True)),
            width,
            slice(piece.place, piece.place + 1),
        )
    for row in total.rows.values():
        row[list(pieces.without)] = 0.0
        np.maximum(row, 0.0, out=row)
    return _Side(total.keys, {group: _folded(row, pieces.fold) for group, row in total.rows.items()})


def _add(total: _Side, found: SeriesSet, width: int, buckets: slice) -> None:
    total.keys = found.keys or total.keys
    for group, values in zip(found.groups, found.values, strict=True):
        total.rows.setdefault(group, np.zeros(width))[buckets] += values


def _folded(row: Array, fold: int) -> Array:
    if fold == 1:
        return row
    folded: Array = np.add.reduceat(row, np.arange(0, len(row), fold))
    return folded


def _matched(good: _Side, others: _Side) -> tuple[tuple[str, ...], list[Group], Array, Array]:
    """Both sides on the groups of either; what one of them has not seen is 0 there."""
    if good.rows and others.rows and good.keys != others.keys:
        raise QueryError(f"good events are grouped by {_spell(good.keys)}, the others by {_spell(others.keys)}")
    groups = sorted(good.rows.keys() | others.rows.keys())
    if not groups:
        return good.keys or others.keys, [], np.empty((0, 0)), np.empty((0, 0))
    nothing = np.zeros_like(next(iter((good.rows or others.rows).values())))
    first, second = (np.array([side.rows.get(group, nothing) for group in groups]) for side in (good, others))
    return good.keys or others.keys, groups, first, second


def _spell(keys: Sequence[str]) -> str:
    return ", ".join(keys) or "nothing"


# --- an expression as counts: sums and differences keep the groups of both sides ---


def _count(side: Expression, grid: Grid, answers: Answers) -> SeriesSet:
    """Like evaluate_expression, but a group that only one side of + or - has seen is there, with 0 on the other side."""
    match side:
        case Arithmetic(operator="+" | "-", left=left, right=right) if not _is_number(left) and not _is_number(right):
            return _joined(side.operator, _count(left, grid, answers), _count(right, grid, answers))
        case Negation(operand=operand):
            found = _count(operand, grid, answers)
            return replace(found, values=-found.values)
        case _:
            found = evaluate_expression(side, grid, answers)
            return replace(found, values=np.nan_to_num(found.values, nan=0.0, posinf=0.0, neginf=0.0))


def _is_number(side: Expression) -> bool:
    return isinstance(side, Number) or (isinstance(side, Negation) and _is_number(side.operand))


_SIGNS: Final[dict[str, Callable[[Array, Array], Array]]] = {"+": np.add, "-": np.subtract}


def _joined(operator: str, left: SeriesSet, right: SeriesSet) -> SeriesSet:
    if left.groups and right.groups and left.keys != right.keys:
        raise QueryError(f"{_spell(left.keys)} and {_spell(right.keys)} are different groupings of events")
    groups = sorted({*left.groups, *right.groups})
    a, b = (_aligned(side, groups) for side in (left, right))
    return replace(left, keys=left.keys or right.keys, groups=groups, values=_SIGNS[operator](a, b))


def _aligned(side: SeriesSet, groups: list[Group]) -> Array:
    rows = dict(zip(side.groups, side.values, strict=True))
    nothing = np.zeros(side.grid.count)
    return np.array([rows.get(group, nothing) for group in groups]).reshape(len(groups), side.grid.count)

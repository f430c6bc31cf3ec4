"""What evaluations of a window have in common: its spans, variables spread over it, and how much of it holds points."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from lrcp.query.compute.coverage import Coverage, cover
from lrcp.query.compute.series import Reduced, SeriesSet
from lrcp.query.compute.span import Span, span_of
from lrcp.query.compute.windows import whole_window, window_grid
from lrcp.query.metric.ast import Arithmetic, Call, Expression, MetricQuery, Modifier, Negation, Number
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import Scan

Answers = Mapping[Scan, Block]
Variables = Mapping[str, SeriesSet]


def window_span(expression: Expression, start_s: int, end_s: int) -> Span:
    """What an expression is computed on for a window."""
    return span_of(expression, window_grid(start_s, end_s), end_s)


def whole_span(start_s: int, end_s: int) -> Span:
    """The window as one bucket."""
    return Span(whole_window(start_s, end_s), start_s, end_s)


def spread(variables: Variables | None, start_s: int, end_s: int) -> dict[str, SeriesSet]:
    """Variables of one bucket stand in the first bucket of the window, where every reducer finds just them."""
    grid = window_grid(start_s, end_s)
    return {name: _first(found, grid) if found.grid.count == 1 else found for name, found in (variables or {}).items()}


def _first(found: SeriesSet, grid: Grid) -> SeriesSet:
    values = np.full((len(found.groups), grid.count), np.nan)
    values[:, 0] = found.values[:, 0]
    return replace(found, grid=grid, values=values)


def without_rollup(expression: Expression) -> Expression:
    """The same with the automatic interval: a window that is one bucket is divided no further."""
    return each_query(expression, _automatic)


def _automatic(query: MetricQuery) -> MetricQuery:
    return replace(query, modifiers=tuple(_without_interval(one) for one in query.modifiers))


def _without_interval(modifier: Modifier) -> Modifier:
    if modifier.name != "rollup":
        return modifier
    return Modifier("rollup", tuple(one for one in modifier.arguments[:1] if not isinstance(one, Number)))


@lru_cache(maxsize=1024)
def each_query(expression: Expression, change: Callable[[MetricQuery], MetricQuery]) -> Expression:
    """The same with each metric query changed."""
    match expression:
        case MetricQuery():
            return change(expression)
        case Call():
            return replace(expression, arguments=tuple(each_query(one, change) for one in expression.arguments))
        case Negation(operand=operand):
            return Negation(each_query(operand, change))
        case Arithmetic(operator=operator, left=left, right=right):
            return Arithmetic(operator, each_query(left, change), each_query(right, change))
        case _:
            return expression


def covered(result: SeriesSet, seen: SeriesSet, start_s: int, end_s: int) -> Coverage:
    """Coverage of the result's groups by the points that were seen; a group that was not found in them has none."""
    if seen.groups == result.groups:
        return cover(seen.values, seen.grid, start_s, end_s)
    rows = {group: row for row, group in enumerate(seen.groups)}
    found: Array = np.full((len(result.groups), seen.grid.count), np.nan)
    for place, group in enumerate(result.groups):
        if group in rows:
            found[place] = seen.values[rows[group]]
    return cover(found, seen.grid, start_s, end_s)


def reduced(found: SeriesSet, values: Array, coverage: Coverage) -> Reduced:
    """The parts together."""
    there = (coverage.filled, coverage.first_filled, coverage.empty_buckets)
    return Reduced(found.keys, found.groups, values, *there, found.unit, found.cut)

"""What one metric query comes to: rolled up in time, filled, brought together by its keys."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.query.compute.fill import fill, fill_linear
from lrcp.query.compute.leaf import INTERPOLATION_S, Leaf
from lrcp.query.compute.rollup import GAUGES, Rolled, bucket_s, regroup, roll_up
from lrcp.query.compute.series import SeriesSet
from lrcp.query.compute.space import AGGREGATORS, Grouping, combine, combine_weighted, grouping
from lrcp.query.compute.span import Span
from lrcp.query.errors import QueryError
from lrcp.query.scan.blocks import Block, GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import Scan


def evaluate_leaf(leaf: Leaf, span: Span, answers: Mapping[Scan, Block], combined: bool) -> SeriesSet:
    """The groups of a query that have a point in the span.

    combined: the query is a side of arithmetic, so that a gauge is interpolated also where a group has one series.
    Raises: QueryError - an aggregator that does not exist, or an answer of another kind than its scan's.
    """
    found = _groups_of_sketches(leaf, answers) if len(leaf.scans) != 1 else _groups(leaf, answers, combined)
    if leaf.span.grid != span.grid:
        found = _on_grid(found, leaf, span.grid)
        if found.gauge and leaf.fill is None:
            found.values = fill_linear(found.values, INTERPOLATION_S, span.grid.step_s)
    return with_points(found)


def _groups(leaf: Leaf, answers: Mapping[Scan, Block], combined: bool) -> SeriesSet:
    block = answers[leaf.scans[0]]
    if isinstance(block, GroupBlock):
        return _groups_of_sketches(leaf, answers)
    if not isinstance(block, SeriesBlock):
        raise QueryError(f"a {type(block).__name__} does not answer {leaf.query.metric}")
    if leaf.aggregator not in AGGREGATORS:
        raise QueryError(f"there is no aggregator {leaf.aggregator}", expected=tuple(sorted(AGGREGATORS)))
    grid = leaf.span.grid
    by = grouping(block.tags, leaf.query.by)
    found = SeriesSet(grid, leaf.query.by, list(by.groups), _NONE, block.unit, cut=block.cut)
    if not by.groups:
        found.values, found.counted = np.empty((0, grid.count)), leaf.counted and block.type not in GAUGES
        return found
    block = regroup(block, leaf.scans[0].grid, grid, leaf.edges)
    with np.errstate(all="ignore"):
        if block.type == "distribution":
            found.values = _filled(_distribution(block, leaf, by), leaf)
            found.counted = leaf.counted and leaf.aggregator in ("sum", "count")
        else:
            rolled = roll_up(block, leaf)
            values = _interpolated(rolled, leaf, by, combined)
            found.values = _aggregate(values, rolled, leaf, by, combined)
            found.gauge = rolled.gauge and leaf.fill is None
            found.counted = leaf.counted and not rolled.gauge
    return found


def _interpolated(rolled: Rolled, leaf: Leaf, by: Grouping, combined: bool) -> Array:
    """The series with their gaps filled: by `.fill`; else of a gauge those that are combined with others."""
    if leaf.fill is not None:
        return _filled(rolled.values, leaf)
    if leaf.edges or not rolled.gauge or rolled.lifespan is not None or not (combined or bool((by.sizes > 1).any())):
        return rolled.values
    return fill_linear(rolled.values, INTERPOLATION_S, leaf.span.grid.step_s)


def _aggregate(values: Array, rolled: Rolled, leaf: Leaf, by: Grouping, combined: bool) -> Array:
    if rolled.lifespan is not None and leaf.aggregator == "avg":
        return combine_weighted(values, rolled.lifespan, by)
    if rolled.lifespan is not None and leaf.aggregator == "sum":
        values = values * rolled.lifespan
    found = combine(values, by, leaf.aggregator)
    if leaf.fill is None and not combined and values is not rolled.values and rolled.lifespan is None:
        alone = by.sizes == 1  # nothing is combined there, so nothing is interpolated
        found[alone] = combine(rolled.values, by, leaf.aggregator)[alone] if alone.any() else found[alone]
    return found


def _distribution(block: SeriesBlock, leaf: Leaf, by: Grouping) -> Array:
    """Statistics of all values of a group and bucket; a rollup's method means nothing here."""
    aggregator = leaf.aggregator
    if aggregator == "min":
        return combine(block.minimum, by, "min")
    if aggregator == "max":
        return combine(block.maximum, by, "max")
    if aggregator == "avg":
        return combine(block.sum, by, "sum") / combine(block.count, by, "sum")
    values = combine(block.sum if aggregator == "sum" else block.count, by, "sum")
    return values / bucket_s(leaf) if leaf.rated else values


def _groups_of_sketches(leaf: Leaf, answers: Mapping[Scan, Block]) -> SeriesSet:
    """Percentiles, or counts of values, that the source has already grouped."""
    grid = leaf.span.grid
    places: dict[tuple[str, ...], int] = {}
    parts: list[tuple[list[int], NDArray[np.int64], Array]] = []
    cut = 0
    for scan in leaf.scans:
        block = answers[scan]
        if not isinstance(block, GroupBlock):
            raise QueryError(f"a {type(block).__name__} does not answer {leaf.query.metric}")
        rows = [places.setdefault(group, len(places)) for group in block.groups]
        cut += block.cut
        parts.append((rows, (scan.grid.starts_s - grid.start_s) // grid.step_s, block.values))
    values = np.full((len(places), grid.count), np.nan)
    for rows, columns, part in parts:
        values[np.ix_(np.asarray(rows, dtype=np.int64), columns)] = part
    counts = leaf.query.condition is not None
    if counts and leaf.rated:
        values = values / bucket_s(leaf)
    found = SeriesSet(grid, leaf.query.by, list(places), _filled(values, leaf), cut=cut)
    found.counted = counts and leaf.counted
    return found


def _filled(values: Array, leaf: Leaf) -> Array:
    """Gaps filled as `.fill` says; by the calendar only with zeros, as its buckets are longer than any limit."""
    if leaf.fill is None:
        return values
    if not leaf.edges:
        return fill(values, leaf.fill, leaf.span.grid.step_s)
    if leaf.fill.method != "zero" or leaf.fill.limit_s:
        return values
    places = np.unique(np.maximum(np.asarray(leaf.edges[:-1]) - leaf.span.grid.start_s, 0) // leaf.span.grid.step_s)
    filled = values.copy()
    filled[:, places] = np.nan_to_num(values[:, places])
    return filled


def _on_grid(found: SeriesSet, leaf: Leaf, grid: Grid) -> SeriesSet:
    """The points at the same times in another grid: where each bucket begins, or the window when that cuts the first one.

    The other grid is the expression's: without the history that a fill needed, and perhaps finer than the query's own.
    """
    own = found.grid
    starts = np.maximum(own.starts_s, grid.start_s if own.step_s != grid.step_s else own.start_s)
    columns = (starts - grid.start_s) // grid.step_s
    kept = (own.starts_s + own.step_s > grid.start_s) & (columns >= 0) & (columns < grid.count)
    values = np.full((len(found.groups), grid.count), np.nan)
    places, points = columns[kept], found.values[:, kept]
    values[:, places] = points
    if len(places) > 1 and places[0] == places[1]:  # a first bucket that is cut may begin where the second does
        values[:, places[0]] = np.where(np.isnan(points[:, 1]), points[:, 0], points[:, 1])
    return replace(found, grid=grid, values=values)


def with_points(found: SeriesSet) -> SeriesSet:
    """Without the groups that have no point at all."""
    missing = np.isnan(found.values)
    if not missing.any():
        return found
    rows = np.flatnonzero(~missing.all(axis=1)).tolist()
    if len(rows) == len(found.groups):
        return found
    return replace(found, groups=[found.groups[row] for row in rows], values=found.values[rows])


_NONE: Final = np.empty((0, 0))

"""What a request comes to: series by formula over a range, or one value a group. Pure."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from lrcp.datadog.metrics_query.asked import Asked, EventVariable, Formula, MetricVariable
from lrcp.monitors.evaluate.formula import substituted
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.reduce import plan_reduction, reduce_expression
from lrcp.query.compute.reducers import reduce_points
from lrcp.query.compute.series import SeriesSet
from lrcp.query.metric.ast import Expression
from lrcp.query.scan.blocks import Block, GroupBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan, Scan
from lrcp.query.search.aggregations import parse_aggregation

Answers = Mapping[Scan, Block]


def plan_timeseries(asked: Asked) -> frozenset[Scan]:
    """What has to be read for all of the formulas. Raises: QueryError."""
    grid, metrics = asked.range.grid(asked.interval_s), _metrics(asked)
    found: set[Scan] = set(_event_scans(asked, grid).values())
    for formula in asked.formulas:
        found |= plan_scans(substituted(formula.expression, metrics), grid)
    return frozenset(found)


def make_timeseries(asked: Asked, answers: Answers) -> list[SeriesSet]:
    """The groups of each formula. Raises: QueryError."""
    grid, metrics = asked.range.grid(asked.interval_s), _metrics(asked)
    variables = _event_series(asked, grid, answers)
    return [
        _limited(evaluate_expression(substituted(one.expression, metrics), grid, answers, variables), one)
        for one in asked.formulas
    ]


def plan_scalars(asked: Asked) -> frozenset[Scan]:
    """What has to be read for one value a group. Raises: QueryError."""
    start_s, end_s = asked.range.window
    found: set[Scan] = set(_event_scans(asked, Grid(start_s, end_s - start_s, 1)).values())
    for one in asked.queries:
        if isinstance(one, MetricVariable):
            found |= plan_reduction(one.expression, start_s, end_s, one.reducer)
    return frozenset(found)


def make_scalars(asked: Asked, answers: Answers) -> list[SeriesSet]:
    """One value a group of each formula: every query is reduced over the range first. Raises: QueryError."""
    start_s, end_s = asked.range.window
    grid = Grid(start_s, end_s - start_s, 1)
    variables = _event_series(asked, grid, answers)
    for one in asked.queries:
        if isinstance(one, MetricVariable):
            found = reduce_expression(one.expression, start_s, end_s, one.reducer, answers)
            variables[one.name] = SeriesSet(grid, found.keys, found.groups, found.values[:, None], found.unit)
    return [_limited(evaluate_expression(one.expression, grid, answers, variables), one) for one in asked.formulas]


def _metrics(asked: Asked) -> dict[str, Expression]:
    return {one.name: one.expression for one in asked.queries if isinstance(one, MetricVariable)}


def _event_scans(asked: Asked, grid: Grid) -> dict[str, EventScan]:
    clip_ns = int(asked.range.from_s * 1000) * 10**6, int(asked.range.to_s * 1000) * 10**6
    return {
        one.name: replace(one.scan, grid=grid, clip_ns=clip_ns)
        for one in asked.queries
        if isinstance(one, EventVariable) and one.scan is not None
    }


def _event_series(asked: Asked, grid: Grid, answers: Answers) -> dict[str, SeriesSet]:
    """Groups that have events; a query of a kind that is not stored has none."""
    scans = _event_scans(asked, grid)
    found = {}
    for one in asked.queries:
        if isinstance(one, EventVariable):
            block = answers[scans[one.name]] if one.name in scans else GroupBlock.empty(grid)
            assert isinstance(block, GroupBlock)
            empty = 0.0 if one.scan is None else parse_aggregation(one.scan.aggregation, one.scan.measure).empty
            there = ~np.isnan(block.values) & (block.values != empty)
            rows = np.flatnonzero(there.any(axis=1))
            groups = [block.groups[row] for row in rows.tolist()]
            found[one.name] = SeriesSet(grid, one.scan.by if one.scan else (), groups, block.values[rows])
    return found


def _limited(found: SeriesSet, formula: Formula) -> SeriesSet:
    """The groups with the largest means, or the smallest, as many as the formula wants."""
    if formula.count is None or len(found.groups) <= formula.count:
        return found
    means = reduce_points(found.values, "avg", found.grid.step_s)
    missing = np.isnan(means)
    order = np.lexsort((np.arange(len(means)), -means if formula.descending else means, missing))[: formula.count]
    return replace(found, groups=[found.groups[row] for row in order.tolist()], values=found.values[order])

"""Queries answered from points in memory, for the tests of the engine's parts."""

from lrcp.query.compute.change import plan_change, reduce_change
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.reduce import plan_reduction, reduce_expression
from lrcp.query.compute.series import Reduced, SeriesSet
from lrcp.query.memory.notation import parse_notation
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.metric.ast import Expression
from lrcp.query.metric.parser import parse_expression, parse_formula
from lrcp.query.scan.grid import Grid

START_S = 1_700_000_400
"""A multiple of 10 minutes."""


def series(
    metric: str, type: str, notation: str, *tags: str, every_s: int = 60, start_s: int = START_S
) -> MemorySeries:
    """Points in notation, one every every_s."""
    points = parse_notation(notation, every_s)
    times = (start_s + points.places * every_s).astype(float)
    return MemorySeries(metric, type, tags, times, points.values, every_s, weights=points.weights)


def parse(text: str) -> Expression:
    """A query, or a formula when no metric is named."""
    return parse_expression(text) if "{" in text else parse_formula(text)


def over(text: str, source: MemorySource, grid: Grid, **variables: SeriesSet) -> SeriesSet:
    """A query over a grid."""
    expression = parse(text)
    return evaluate_expression(expression, grid, source.answer(plan_scans(expression, grid)), variables)


def within(
    text: str,
    source: MemorySource,
    length_s: int,
    reducer: str = "avg",
    variables: dict[str, SeriesSet] | None = None,
) -> Reduced:
    """A query over a window from START_S on."""
    expression = parse(text)
    end_s = START_S + length_s
    answers = source.answer(plan_reduction(expression, START_S, end_s, reducer))
    return reduce_expression(expression, START_S, end_s, reducer, answers, variables)


def changed(
    text: str, source: MemorySource, start_s: int, length_s: int, shift_s: int, reducer: str, kind: str
) -> Reduced:
    """How a query changed."""
    expression = parse(text)
    answers = source.answer(plan_change(expression, start_s, start_s + length_s, shift_s, reducer))
    return reduce_change(expression, start_s, start_s + length_s, shift_s, reducer, kind, answers)

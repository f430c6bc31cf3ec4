"""What an expression comes to over a window: one value a group. How: docs/monitors/evaluation.md.

Two ways (DATADOG.md 3.7, rule 6): with arithmetic and an as_count() each term is reduced over the window and the arithmetic is
done with the results; otherwise the arithmetic is done at each point and its results are reduced.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from lrcp.query.compute.arithmetic import Operand, calculate, negate
from lrcp.query.compute.coverage import Coverage, cover
from lrcp.query.compute.evaluate import Evaluation, as_series, in_order
from lrcp.query.compute.functions.function import arguments_of
from lrcp.query.compute.functions.table import get_function
from lrcp.query.compute.plan import plan_span
from lrcp.query.compute.reducers import reduce_points
from lrcp.query.compute.series import Reduced, SeriesSet
from lrcp.query.compute.span import Span, queries, span_of
from lrcp.query.compute.windows import whole_window, window_grid
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Arithmetic, Call, Expression, MetricQuery, Modifier, Negation, Number
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import Scan

_KINDS: Final = ("change", "pct_change")
Answers = Mapping[Scan, Block]


def plan_reduction(expression: Expression, start_s: int, end_s: int, reducer: str) -> frozenset[Scan]:
    """What reduce_expression wants answered. Times in Unix seconds, multiples of 10.

    Raises: QueryError - as plan_scans.
    """
    scans = plan_span(expression, _span(expression, start_s, end_s, reducer))
    if reducer != "percentile":
        return scans
    counted = _counting(expression)
    return scans | plan_span(counted, _span(counted, start_s, end_s, "sum"))


def plan_change(expression: Expression, start_s: int, end_s: int, shift_s: int, reducer: str) -> frozenset[Scan]:
    """What reduce_change wants answered."""
    now = plan_reduction(expression, start_s, end_s, reducer)
    return now | plan_span(expression, _span(expression, start_s, end_s, reducer).moved(-shift_s))


def reduce_expression(
    expression: Expression,
    start_s: int,
    end_s: int,
    reducer: str,
    answers: Answers,
    variables: Mapping[str, SeriesSet] | None = None,
) -> Reduced:
    """One value a group over [start_s, end_s).

    Args:
        reducer: avg, sum, min, max, last, area, l2norm, or percentile: the whole window as one bucket, so that a
            percentile is of one merged sketch. answers: to plan_reduction of the same arguments.
        variables: over window_grid(start_s, end_s), or of one bucket, which then stands for the whole window.
    Raises: QueryError - as plan_reduction, and an unknown variable.
    """
    evaluation = Evaluation(answers, _spread(variables or {}, start_s, end_s))
    span = _span(expression, start_s, end_s, reducer)
    if reducer == "percentile":
        found = in_order(evaluation.over(expression, span))
        counted = _counting(expression)
        there = evaluation.over(counted, _span(counted, start_s, end_s, "sum"))
        return _reduced(found, found.values[:, 0], _covered(found, there, start_s, end_s))
    if _terms_first(expression):
        terms = _Terms(evaluation, span, reducer)
        found = in_order(as_series(terms.operand(expression), whole_window(start_s, end_s)))
        return _reduced(found, found.values[:, 0], _covered(found, terms.seen(found), start_s, end_s))
    found = in_order(evaluation.over(expression, span))
    values = reduce_points(found.values, reducer, found.grid.step_s)
    return _reduced(found, values, cover(found.values, found.grid, start_s, end_s))


def reduce_change(
    expression: Expression,
    start_s: int,
    end_s: int,
    shift_s: int,
    reducer: str,
    kind: str,
    answers: Answers,
    variables: Mapping[str, SeriesSet] | None = None,
    earlier: Mapping[str, SeriesSet] | None = None,
) -> Reduced:
    """How much a window's points differ from those of shift_s before: now - then (change), or that in percent of then
    (pct_change), at each point, and then the reducer. With an as_count() the windows are reduced before they are compared.

    Args: answers: to plan_change of the same arguments. variables, earlier: of this window and of the one before.
    Raises: QueryError - as reduce_expression, and a kind that does not exist.
    """
    if kind not in _KINDS:
        raise QueryError(f"there is no {kind} of a window", expected=_KINDS)
    span = _span(expression, start_s, end_s, reducer)
    now = Evaluation(answers, _spread(variables or {}, start_s, end_s))
    then = Evaluation(answers, _spread(earlier or {}, start_s - shift_s, end_s - shift_s))
    if _has_count(expression) or reducer == "percentile":
        return _change_of_windows(expression, span, reducer, kind, now, then, shift_s)
    a, b = now.over(expression, span), then.over(expression, span.moved(-shift_s))
    found = in_order(_compare(kind, a, replace(b, grid=a.grid)))
    values = reduce_points(found.values, reducer, found.grid.step_s)
    return _reduced(found, values, cover(found.values, found.grid, start_s, end_s))


def _change_of_windows(
    expression: Expression, span: Span, reducer: str, kind: str, now: Evaluation, then: Evaluation, shift_s: int
) -> Reduced:
    grid = whole_window(span.since_s, span.until_s)
    if reducer == "percentile":
        a, b = now.over(expression, span), then.over(expression, span.moved(-shift_s))
        found = in_order(_compare(kind, a, replace(b, grid=grid)))
        return _reduced(found, found.values[:, 0], cover(found.values, grid, grid.start_s, grid.end_s))
    terms = _Terms(now, span, reducer)
    a = as_series(terms.operand(expression), grid)
    b = as_series(_Terms(then, span.moved(-shift_s), reducer).operand(expression), grid)
    found = in_order(_compare(kind, a, replace(b, grid=grid)))
    coverage = _covered(found, terms.seen(found), span.since_s, span.until_s)
    return _reduced(found, found.values[:, 0], coverage)


def _compare(kind: str, now: SeriesSet, then: SeriesSet) -> SeriesSet:
    difference = calculate("-", now, then)
    if kind == "pct_change":
        difference = calculate("*", calculate("/", difference, then), 100.0)
    return as_series(difference, now.grid)


def _span(expression: Expression, start_s: int, end_s: int, reducer: str) -> Span:
    if reducer == "percentile":
        return Span(whole_window(start_s, end_s), start_s, end_s)
    return span_of(expression, window_grid(start_s, end_s), end_s)


def _spread(variables: Mapping[str, SeriesSet], start_s: int, end_s: int) -> dict[str, SeriesSet]:
    """Variables of one bucket stand in the first bucket of the window, where every reducer finds just them."""
    grid = window_grid(start_s, end_s)
    return {name: _first(found, grid) if found.grid.count == 1 else found for name, found in variables.items()}


def _first(found: SeriesSet, grid: Grid) -> SeriesSet:
    values = np.full((len(found.groups), grid.count), np.nan)
    values[:, 0] = found.values[:, 0]
    return replace(found, grid=grid, values=values)


def _terms_first(expression: Expression) -> bool:
    return _has_count(expression) and _has_arithmetic(expression)


def _has_count(expression: Expression) -> bool:
    return any(query.modifier("as_count") is not None for query in queries(expression))


def _has_arithmetic(expression: Expression) -> bool:
    match expression:
        case Arithmetic():
            return True
        case Negation(operand=operand):
            return _has_arithmetic(operand)
        case Call():
            return any(_has_arithmetic(argument) for argument in expression.arguments)
        case _:
            return False


class _Terms:
    """Arithmetic over terms that are reduced first. A term is what holds no arithmetic, and a function that needs points."""

    def __init__(self, evaluation: Evaluation, span: Span, reducer: str) -> None:
        self._evaluation, self._span, self._reducer = evaluation, span, reducer
        self._whole = whole_window(span.since_s, span.until_s)
        self._terms: list[SeriesSet] = []

    def operand(self, expression: Expression) -> Operand:
        """A part of the expression, with one value a group."""
        match expression:
            case Number(value=value):
                return value
            case Arithmetic(operator=operator, left=left, right=right):
                return calculate(operator, self.operand(left), self.operand(right))
            case Negation(operand=operand):
                return negate(self.operand(operand))
            case Call() if get_function(expression.name).pointwise and _has_arithmetic(expression):
                found = as_series(self.operand(expression.arguments[0]), self._whole)
                return get_function(expression.name).apply(found, arguments_of(expression))
            case _:
                return self._term(expression)

    def _term(self, expression: Expression) -> SeriesSet:
        found = self._evaluation.over(expression, self._span)
        self._terms.append(found)
        values = reduce_points(found.values, self._reducer, found.grid.step_s)
        return replace(found, grid=self._whole, values=values[:, None])

    def seen(self, result: SeriesSet) -> SeriesSet:
        """The points of all terms, over the result's groups: NaN where none of the terms has one."""
        values = np.full((len(result.groups), self._span.grid.count), np.nan)
        for term in self._terms:
            places = [result.keys.index(key) for key in term.keys if key in result.keys]
            if len(places) < len(term.keys):
                continue
            rows = {group: row for row, group in enumerate(term.groups)}
            for place, group in enumerate(result.groups):
                row = rows.get(tuple(group[key] for key in places), -1)
                if row >= 0:
                    values[place] = np.where(np.isnan(values[place]), term.values[row], values[place])
        return SeriesSet(self._span.grid, result.keys, result.groups, values)


def _counting(expression: Expression) -> Expression:
    """The same with each percentile replaced by the number of values: where there is something, and where not."""
    match expression:
        case MetricQuery():
            kept = tuple(one for one in expression.modifiers if one.name == "fill")
            return replace(expression, aggregator="count", condition=None, modifiers=(*kept, Modifier("as_count")))
        case Call():
            return replace(expression, arguments=tuple(_counting(one) for one in expression.arguments))
        case Negation(operand=operand):
            return _counting(operand)
        case Arithmetic(left=left, right=right):
            return Arithmetic("+", _counting(left), _counting(right))
        case _:
            return expression


def _covered(result: SeriesSet, seen: SeriesSet, start_s: int, end_s: int) -> Coverage:
    """Coverage of the result's groups by the points that were seen; a group that was not found in them has none."""
    if seen.groups == result.groups:
        return cover(seen.values, seen.grid, start_s, end_s)
    rows = {group: row for row, group in enumerate(seen.groups)}
    found: Array = np.full((len(result.groups), seen.grid.count), np.nan)
    for place, group in enumerate(result.groups):
        if group in rows:
            found[place] = seen.values[rows[group]]
    return cover(found, seen.grid, start_s, end_s)


def _reduced(found: SeriesSet, values: Array, coverage: Coverage) -> Reduced:
    return Reduced(
        found.keys,
        found.groups,
        values,
        coverage.filled,
        coverage.first_filled,
        coverage.empty_buckets,
        found.unit,
    )

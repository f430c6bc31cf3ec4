"""What an expression comes to over a window: one value a group. How: docs/monitors/evaluation.md.

Two ways (DATADOG.md 3.7, rule 6): with arithmetic and an as_count() each term is reduced over the window and the arithmetic is
done with the results; otherwise the arithmetic is done at each point and its results are reduced.
"""

from dataclasses import replace

import numpy as np

from lrcp.query.compute.change import plan_change, reduce_change
from lrcp.query.compute.coverage import cover
from lrcp.query.compute.evaluate import Evaluation, in_order
from lrcp.query.compute.over_window import (
    Answers,
    Variables,
    covered,
    each_query,
    reduced,
    spread,
    whole_span,
    window_span,
    without_rollup,
)
from lrcp.query.compute.plan import plan_span
from lrcp.query.compute.reducers import reduce_points
from lrcp.query.compute.series import Reduced
from lrcp.query.compute.terms import Terms, operands, seen_points, terms_first
from lrcp.query.metric.ast import Expression, MetricQuery, Modifier
from lrcp.query.scan.scans import Scan

__all__ = ["plan_change", "plan_reduction", "reduce_change", "reduce_expression"]


def plan_reduction(expression: Expression, start_s: int, end_s: int, reducer: str) -> frozenset[Scan]:
    """What reduce_expression wants answered. Times in Unix seconds, multiples of 10.

    Raises: QueryError - as plan_scans.
    """
    if reducer != "percentile":
        return plan_span(expression, window_span(expression, start_s, end_s))
    counted = _counting(expression)
    return plan_span(without_rollup(expression), whole_span(start_s, end_s)) | plan_span(
        counted, window_span(counted, start_s, end_s)
    )


def reduce_expression(
    expression: Expression,
    start_s: int,
    end_s: int,
    reducer: str,
    answers: Answers,
    variables: Variables | None = None,
) -> Reduced:
    """One value a group over [start_s, end_s).

    Args:
        reducer: avg, sum, min, max, last, area, l2norm, or percentile: the whole window as one bucket, so that a
            percentile is of one merged sketch. answers: to plan_reduction of the same arguments.
        variables: over window_grid(start_s, end_s), or of one bucket, which then stands for the whole window.
    Raises: QueryError - as plan_reduction, and an unknown variable.
    """
    if reducer == "percentile":
        return _percentile(expression, start_s, end_s, answers, variables or {})
    evaluation = Evaluation(answers, spread(variables, start_s, end_s))
    span = window_span(expression, start_s, end_s)
    if terms_first(expression):
        terms = Terms(evaluation, span, reducer)
        found = in_order(terms.result(expression))
        return reduced(found, found.values[:, 0], covered(found, terms.seen(found), start_s, end_s))
    found = in_order(evaluation.over(expression, span))
    values = reduce_points(found.values, reducer, found.grid.step_s)
    if not np.isnan(values).any():
        return reduced(found, values, cover(found.values, found.grid, start_s, end_s))
    # Where arithmetic has left no point there still was something: the evaluation is skipped, it is not without data.
    seen = seen_points([evaluation.over(*one) for one in operands(expression, span)], found, span)
    points = np.where(np.isnan(values)[:, None], seen.values, found.values)
    return reduced(found, values, cover(points, found.grid, start_s, end_s))


def _percentile(expression: Expression, start_s: int, end_s: int, answers: Answers, variables: Variables) -> Reduced:
    """The window as one bucket; where it holds points is told by a count of the values."""
    evaluation = Evaluation(answers, variables)
    found = in_order(evaluation.over(without_rollup(expression), whole_span(start_s, end_s)))
    counted = _counting(expression)
    spread_out = Evaluation(answers, spread(variables, start_s, end_s))
    there = spread_out.over(counted, window_span(counted, start_s, end_s))
    return reduced(found, found.values[:, 0], covered(found, there, start_s, end_s))


def _counting(expression: Expression) -> Expression:
    """The same with each query replaced by the number of its values: whether there is something, and where."""
    return each_query(expression, _count)


def _count(query: MetricQuery) -> MetricQuery:
    kept = tuple(one for one in query.modifiers if one.name == "fill")
    return replace(query, aggregator="count", condition=None, modifiers=(*kept, Modifier("as_count")))

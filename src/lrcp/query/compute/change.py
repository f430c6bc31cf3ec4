"""How a window differs from the one before: `change(...)` and `pct_change(...)`. Source: DATADOG.md 3.7, rule 15."""

from dataclasses import replace
from typing import Final

import numpy as np

from lrcp.query.compute.arithmetic import calculate
from lrcp.query.compute.evaluate import Evaluation, as_series, in_order
from lrcp.query.compute.over_window import (
    Answers,
    Variables,
    covered,
    reduced,
    spread,
    whole_span,
    window_span,
    without_rollup,
)
from lrcp.query.compute.plan import plan_span
from lrcp.query.compute.reducers import reduce_points
from lrcp.query.compute.series import Reduced, SeriesSet
from lrcp.query.compute.span import Span
from lrcp.query.compute.terms import Terms, has_count
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Expression
from lrcp.query.scan.scans import Scan

_KINDS: Final = ("change", "pct_change")


def plan_change(expression: Expression, start_s: int, end_s: int, shift_s: int, reducer: str) -> frozenset[Scan]:
    """What reduce_change wants answered. Raises: QueryError - as plan_scans."""
    changed, span = _what(expression, start_s, end_s, reducer)
    return plan_span(changed, span) | plan_span(changed, span.moved(-shift_s))


def reduce_change(
    expression: Expression,
    start_s: int,
    end_s: int,
    shift_s: int,
    reducer: str,
    kind: str,
    answers: Answers,
    variables: Variables | None = None,
    earlier: Variables | None = None,
) -> Reduced:
    """How much a window's points differ from those of shift_s before: now - then (change), or that in percent of then
    (pct_change), at each point, and then the reducer. With an as_count() the windows are reduced before they are compared.

    A group that had no point then cannot be told (NaN). Coverage is of this window.

    Args: answers: to plan_change of the same arguments. variables, earlier: of this window and of the one before.
    Raises: QueryError - as reduce_expression, and a kind that does not exist.
    """
    if kind not in _KINDS:
        raise QueryError(f"there is no {kind} of a window", expected=_KINDS)
    changed, span = _what(expression, start_s, end_s, reducer)
    now = Evaluation(answers, spread(variables, start_s, end_s))
    then = Evaluation(answers, spread(earlier, start_s - shift_s, end_s - shift_s))
    if has_count(expression) and reducer != "percentile":
        terms, before = Terms(now, span, reducer), Terms(then, span.moved(-shift_s), reducer)
        found = _compare(kind, terms.result(changed), before.result(changed))
        return reduced(found, found.values[:, 0], covered(found, terms.seen(found), start_s, end_s))
    current = now.over(changed, span)
    found = _compare(kind, current, then.over(changed, span.moved(-shift_s)))
    values = reduce_points(found.values, "last" if reducer == "percentile" else reducer, found.grid.step_s)
    return reduced(found, values, covered(found, current, start_s, end_s))


def _what(expression: Expression, start_s: int, end_s: int, reducer: str) -> tuple[Expression, Span]:
    if reducer == "percentile":
        return without_rollup(expression), whole_span(start_s, end_s)
    return expression, window_span(expression, start_s, end_s)


def _compare(kind: str, now: SeriesSet, then: SeriesSet) -> SeriesSet:
    then = replace(then, grid=now.grid)
    difference = calculate("-", now, then)
    if kind == "pct_change":
        difference = calculate("*", calculate("/", difference, then), 100.0)
    return in_order(_with_new(as_series(difference, now.grid), now))


def _with_new(difference: SeriesSet, now: SeriesSet) -> SeriesSet:
    """With the groups that had no point then: how they changed cannot be told, but there they are."""
    if difference.keys != now.keys or len(difference.groups) >= len(now.groups):
        return difference
    known = set(difference.groups)
    new = [group for group in now.groups if group not in known]
    values = np.concatenate([difference.values, np.full((len(new), difference.grid.count), np.nan)])
    return replace(difference, groups=difference.groups + new, values=values)

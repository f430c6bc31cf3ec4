"""What numbers a query can give at all, as far as its form and its names say so."""

import math
import re
from typing import Final

from lrcp.query.metric.ast import Arithmetic, Call, Everything, Expression, MetricQuery, Number, Scope, ScopeAnd
from lrcp.query.monitor.ast import EventMonitorQuery, FormulaMonitorQuery, MetricMonitorQuery, MonitorQuery, SloQuery

Range = tuple[float, float, str]
"""Smallest, largest, and why in words."""

_SHARE: Final = re.compile(r"(?:^|[._])(?:ratio|score|probability|accuracy|share|fraction)(?:$|[._])|_rate$")
_NEVER_NEGATIVE: Final = re.compile(
    r"(?:^|[._])(?:count|duration|latency|tokens|cost|usd|bytes|length_chars|ttft|lag|requests?|errors?|hits|total)(?:$|[._])"
)
_KEEPS: Final = frozenset({"default_zero", "exclude_null", "fill", "clamp_min", "clamp_max", "moving_rollup"})
"""Functions whose values are those of their query, or 0."""


def range_of(query: MonitorQuery) -> Range | None:
    """The range of a query's value, None where nothing is known of it."""
    match query:
        case MetricMonitorQuery(expression=Call(name="anomalies")):
            return 0.0, 1.0, "anomalies() gives the share of points outside the band, 0 to 1"
        case MetricMonitorQuery(change=None):
            span = _of_expression(query.expression)
            if span is not None and query.reducer == "sum" and not _counts(query.expression):
                return span[0], math.inf, span[2]
            return span
        case EventMonitorQuery(aggregation="count" | "cardinality"):
            return 0.0, math.inf, "a count is 0 or more"
        case SloQuery(kind="error_budget"):
            return 0.0, math.inf, "the consumed error budget is 0 or more"
        case SloQuery():
            return 0.0, math.inf, "a burn rate is 0 or more"
        case FormulaMonitorQuery():
            return None
        case _:
            return None


def _of_expression(expression: Expression) -> Range | None:
    match expression:
        case MetricQuery():
            return _of_metric(expression)
        case Call(name, arguments) if name in _KEEPS and arguments:
            return _of_expression(arguments[0])
        case Arithmetic("/", MetricQuery() as part, MetricQuery() as whole) if is_share(part, whole):
            return 0.0, 1.0, "it is a share, 0 to 1"
        case Arithmetic("*", inner, Number(factor)) | Arithmetic("*", Number(factor), inner):
            return _scaled(_of_expression(inner), factor)
        case Arithmetic("/", Arithmetic("*", Number(factor), part), whole) | Arithmetic(
            "/", Arithmetic("*", part, Number(factor)), whole
        ):
            return _scaled(_of_expression(Arithmetic("/", part, whole)), factor)
        case Arithmetic("+" | "/" | "*", left, right):
            return _both(_of_expression(left), _of_expression(right))
        case _:
            return None


def is_share(part: MetricQuery, whole: MetricQuery) -> bool:
    """Whether one is a part of the other: the same count within a narrower scope, or errors among requests."""
    counted = part.modifier("as_count") is not None or part.aggregator in ("sum", "count")
    if not counted or part.by != whole.by:
        return False
    if part.metric == whole.metric:
        return whole.scope == Everything() or part.scope == whole.scope or _within(part.scope, whole.scope)
    return (
        part.scope == whole.scope and re.sub(r"[._](error|errors|failed|failures?)\b", "", part.metric) == whole.metric
    )


def _within(narrow: Scope, wide: Scope) -> bool:
    return isinstance(narrow, ScopeAnd) and (
        wide in narrow.terms or (isinstance(wide, ScopeAnd) and set(wide.terms) <= set(narrow.terms))
    )


def _of_metric(query: MetricQuery) -> Range | None:
    if query.aggregator == "count" or query.modifier("as_count") is not None:
        return (0.0, math.inf, "a count is 0 or more") if query.aggregator == "count" else _plain(query)
    if _SHARE.search(query.metric) and query.aggregator != "sum" and not query.metric.endswith("health_score"):
        return 0.0, 1.0, f"{query.metric} is 0 to 1"
    return _plain(query)


def _plain(query: MetricQuery) -> Range | None:
    if _NEVER_NEGATIVE.search(query.metric):
        return 0.0, math.inf, f"{query.metric} is 0 or more"
    return None


def _scaled(span: Range | None, factor: float) -> Range | None:
    if span is None:
        return None
    low, high, what = span
    if (low, high) == (0.0, 1.0) and factor == 100:
        return 0.0, 100.0, "it is a percentage, 0 to 100"
    return low * factor, high * factor, f"{what}, times {factor:g}"


def _both(left: Range | None, right: Range | None) -> Range | None:
    if left is None or right is None or left[0] < 0 or right[0] < 0:
        return None
    return 0.0, math.inf, "it is 0 or more"


def _counts(expression: Expression) -> bool:
    """Whether each term is reduced before the arithmetic, so that the ratio is one number."""
    match expression:
        case MetricQuery():
            return expression.modifier("as_count") is not None
        case Arithmetic(_, left, right):
            return _counts(left) or _counts(right)
        case Call(_, arguments):
            return any(map(_counts, arguments))
        case _:
            return False

"""What the checks look for in the trees of queries."""

from collections.abc import Iterator

from lrcp.monitors.lint.finding import Subject
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import (
    Arithmetic,
    Call,
    Expression,
    MetricQuery,
    Number,
    Scope,
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TagIn,
    TagMatch,
    Variable,
)
from lrcp.query.metric.parser import parse_expression
from lrcp.query.metric.walk import metric_queries_in, queries_in
from lrcp.query.monitor.ast import FormulaMonitorQuery, MetricMonitorQuery

Found = tuple[str, str, str]
"""Rule, place, message."""


def algorithm_of(subject: Subject) -> Call | None:
    """The algorithm that a query is a call of, None otherwise."""
    query = subject.query
    call = query.expression if isinstance(query, MetricMonitorQuery) else None
    return call if isinstance(call, Call) and call.name in ("anomalies", "outliers", "forecast") else None


def metric_queries(subject: Subject) -> list[MetricQuery]:
    """Those of the query, and those of a formula's variables."""
    if isinstance(subject.query, MetricMonitorQuery):
        return metric_queries_in(subject.query.expression)
    if not isinstance(subject.query, FormulaMonitorQuery):
        return []
    found: list[MetricQuery] = []
    for variable in subject.monitor.options.variables:
        if variable.get("data_source") == "metrics":
            try:
                expression = parse_expression(str(variable.get("query")))
            except QueryError:
                continue  # told when the formula is prepared
            found += metric_queries_in(expression)
    return found


def divides(expression: Expression) -> bool:
    """Whether it is a ratio of two queries."""
    match expression:
        case Arithmetic("/", left, right):
            return _asks(left) and _asks(right)
        case Arithmetic(_, left, right):
            return divides(left) or divides(right)
        case Call(_, arguments):
            return any(map(divides, arguments))
        case _:
            return False


def _asks(expression: Expression) -> bool:
    return any(isinstance(one, MetricQuery | Variable) for one in queries_in(expression))


def rollup_s(query: MetricQuery) -> int:
    """Seconds of an explicit rollup, 0 without."""
    rollup = query.modifier("rollup")
    arguments = rollup.arguments if rollup is not None else ()
    return next((int(one.value) for one in arguments if isinstance(one, Number)), 0)


def scope_keys(scope: Scope) -> Iterator[str]:
    """The keys that a scope names with a value."""
    match scope:
        case TagMatch(key, value) if value is not None:
            yield key
        case TagIn(key, _):
            yield key
        case ScopeNot(term):
            yield from scope_keys(term)
        case ScopeAnd(terms) | ScopeOr(terms):
            for term in terms:
                yield from scope_keys(term)

"""What a monitor's query says about the monitor: its groups, metrics, scopes, and what the server calls its type."""

from dataclasses import dataclass
from typing import Any, Final

from lrcp.query.metric.ast import Everything, MetricQuery
from lrcp.query.metric.printer import print_scope
from lrcp.query.metric.walk import calls_in, queries_in
from lrcp.query.monitor.ast import (
    CheckMonitorQuery,
    CompositeQuery,
    EventMonitorQuery,
    FormulaMonitorQuery,
    MetricMonitorQuery,
    MonitorQuery,
)
from lrcp.query.monitor.check import references_in

_CLASSES: Final = {"query alert": "metric", "metric alert": "metric", "service check": "custom", "slo alert": "slo"}


@dataclass(frozen=True, slots=True)
class Facts:
    """by: keys of the groups. metrics, scopes: of its metric queries. references: monitors of a composite.

    zero_filled: whether missing values become zeros (default_zero).
    """

    by: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    references: tuple[int, ...] = ()
    zero_filled: bool = False


def find_facts(query: MonitorQuery, options: dict[str, Any]) -> Facts:
    """The facts of a parsed query; options: of the same monitor, for the queries of a formula."""
    match query:
        case MetricMonitorQuery(expression=expression):
            queries = [one for one in queries_in(expression) if isinstance(one, MetricQuery)]
            scopes = [print_scope(one.scope) for one in queries if not isinstance(one.scope, Everything)]
            return Facts(
                by=_unique(key for one in queries for key in one.by),
                metrics=_unique(one.metric for one in queries),
                scopes=_unique(scopes),
                zero_filled=any(call.name == "default_zero" for call in calls_in(expression)),
            )
        case FormulaMonitorQuery(by=by, expression=expression):
            zero = any(call.name == "default_zero" for call in calls_in(expression))
            return Facts(by=by or _facets(options.get("variables")), zero_filled=zero)
        case EventMonitorQuery(by=by) | CheckMonitorQuery(by=by):
            return Facts(by=by)
        case CompositeQuery(condition):
            return Facts(references=tuple(references_in(condition)))
        case _:
            return Facts()


def _facets(variables: Any) -> tuple[str, ...]:
    """Facets that the queries of a formula over events are grouped by."""
    found = []
    for variable in variables if isinstance(variables, list) else ():
        groups = variable.get("group_by") if isinstance(variable, dict) and "compute" in variable else None
        if isinstance(groups, list) and variable.get("data_source") != "aggregate_augmented_query":
            found += [str(one.get("facet", "")) for one in groups if isinstance(one, dict)]
    return _unique(found)


def server_type(type: str, query: MonitorQuery) -> str:
    """The type that the server gives back: it tells plain metric queries from others, whichever was sent.

    Source: recordings; `metric alert` for one metric without groups or functions over a sliding window, and for formulas.
    """
    if type not in ("metric alert", "query alert"):
        return type
    if isinstance(query, FormulaMonitorQuery):
        return "metric alert"
    assert isinstance(query, MetricMonitorQuery)
    expression = query.expression
    plain = isinstance(expression, MetricQuery) and not expression.by and not expression.modifiers
    return "metric alert" if plain and query.window.kind == "last" and query.change is None else "query alert"


def classification(type: str) -> str:
    """The kind of a monitor in the words of the search."""
    return _CLASSES.get(type, type.removesuffix(" alert"))


def _unique(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))

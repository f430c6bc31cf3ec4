"""What each type of monitor takes as its query. Source: DATADOG.md 3.1 (the 23 types of the public API)."""

from collections.abc import Mapping
from typing import Final

from lrcp.query.monitor.ast import (
    CheckMonitorQuery,
    CompositeQuery,
    EventMonitorQuery,
    FormulaMonitorQuery,
    MetricMonitorQuery,
    MonitorQuery,
    SloQuery,
)

_METRIC: Final = ("avg(last_5m):", "change(avg(last_5m),5m_ago):", 'formula("...")')
_FORMULA: Final = 'formula("...")'


def _events(*sources: str) -> tuple[str, ...]:
    return (*(f'{source}("...")' for source in sources), _FORMULA)


MONITOR_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "metric alert": _METRIC,
    "query alert": _METRIC,
    "service check": ('"check".over("...")',),
    "log alert": _events("logs"),
    "trace-analytics alert": _events("trace-analytics"),
    "rum alert": _events("rum"),
    "event-v2 alert": _events("events"),
    "event alert": _events("events"),
    "ci-pipelines alert": _events("ci-pipelines"),
    "ci-tests alert": _events("ci-tests"),
    "error-tracking alert": _events("error-tracking", "error-tracking-rum"),
    "audit alert": _events("audits"),
    "database-monitoring alert": _events("database-monitoring"),
    "network-performance alert": _events("network-performance"),
    "network-path alert": _events("network-path"),
    "process alert": ('processes("...")',),
    "composite": ("123 && !456",),
    "slo alert": ('error_budget("...")', 'burn_rate("...")'),
    "cost alert": (_FORMULA,),
    "data-quality alert": (_FORMULA,),
    "data-jobs alert": (_FORMULA,),
    "llm-observability alert": _events("llm-observability"),
    "synthetics alert": (),
}
"""Type -> the beginnings of its queries. A synthetics alert is made with its test, never by a query."""

_METRIC_TYPES: Final = frozenset({"metric alert", "query alert"})


def heads_of(type: str) -> tuple[str, ...]:
    """The beginnings that a type takes, for errors."""
    return MONITOR_TYPES[type]


def takes(type: str, query: MonitorQuery) -> bool:
    """Whether a type of monitor takes a query of this family."""
    if isinstance(query, MetricMonitorQuery):
        return type in _METRIC_TYPES
    if isinstance(query, FormulaMonitorQuery):
        return _FORMULA in MONITOR_TYPES[type]
    if isinstance(query, EventMonitorQuery):
        return f'{query.source}("...")' in MONITOR_TYPES[type]
    return type == _ALONE[query.__class__]


_ALONE: Final = {CheckMonitorQuery: "service check", CompositeQuery: "composite", SloQuery: "slo alert"}

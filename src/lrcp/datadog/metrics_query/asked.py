"""Bodies of `/api/v2/query/scalar` and `/timeseries`: named queries, and formulas over them. Source: OpenAPI 2.62.0, recordings."""

from dataclasses import dataclass
from typing import Any, Final

from lrcp.datadog.errors import invalid
from lrcp.datadog.metrics_query.ranges import Range, read_range
from lrcp.datadog.shapes import take_list, take_object, take_text
from lrcp.model.errors import InputError
from lrcp.query.compute.reducers import REDUCERS
from lrcp.query.metric.ast import Expression, Variable
from lrcp.query.metric.parser import parse_expression, parse_formula
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan
from lrcp.query.search.facets import find_source
from lrcp.query.search.parser import parse_search

MAX_QUERIES: Final = 100
MAX_FORMULAS: Final = 100
MAX_GROUPS: Final = 10_000
"""Of one event query."""

_EVENT_SOURCES: Final = {"spans": "trace-analytics", "errors": "error-tracking"}
"""Data sources that queries of monitors call otherwise; `_` is written `-` there."""

_EVENTS: Final = frozenset(
    {
        "logs",
        "spans",
        "network",
        "network_path",
        "rum",
        "security_signals",
        "profiles",
        "audit",
        "events",
        "ci_tests",
        "ci_pipelines",
        "incident_analytics",
        "product_analytics",
        "on_call_events",
        "errors",
        "llm_observability",
        "database_queries",
    }
)
_EMPTY: Final = frozenset(
    {
        "process",
        "container",
        "apm_dependency_stats",
        "apm_resource_stats",
        "apm_metrics",
        "slo",
        "cloud_cost",
        "product_analytics_extended",
        "user_journey",
        "retention",
    }
)
"""Data sources that Datadog knows and of which nothing is stored here: their queries have no groups."""


@dataclass(frozen=True, slots=True)
class MetricVariable:
    """A metric query. reducer: for scalars."""

    name: str
    expression: Expression
    reducer: str


@dataclass(frozen=True, slots=True)
class EventVariable:
    """A query of logs, spans or events. scan: on an empty grid; None where nothing of its kind is stored."""

    name: str
    scan: EventScan | None


@dataclass(frozen=True, slots=True)
class Formula:
    """text: as written, which names its column. count, descending: groups that are kept, None all."""

    text: str
    expression: Expression
    count: int | None = None
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read. interval_s: None for the automatic one."""

    range: Range
    interval_s: float | None
    queries: tuple[MetricVariable | EventVariable, ...]
    formulas: tuple[Formula, ...]


def read_asked(body: Any, kind: str, now_s: float) -> Asked:
    """A request of kind `timeseries_request` or `scalar_request`. Raises: Refusal, InputError."""
    data = take_object(body if isinstance(body, dict) else {}, "data")
    if data.get("type") != kind:
        raise invalid(f'API input validation failed: Invalid type. Expected "{kind}".')
    attributes = take_object(data, "attributes", path="data")
    since_ms, until_ms = (_number(attributes, member) for member in ("from", "to"))
    queries = take_list(attributes, "queries", path="data.attributes", most=MAX_QUERIES)
    if not queries:
        raise invalid("API input validation failed: 'queries' is required")
    read = tuple(_read_query(one, place) for place, one in enumerate(queries))
    if len({one.name for one in read}) < len(read):
        raise invalid("API input validation failed: two queries have one name")
    interval_ms = _number(attributes, "interval") if attributes.get("interval") is not None else None
    return Asked(
        range=read_range(since_ms / 1000, until_ms / 1000, now_s),
        interval_s=None if interval_ms is None else interval_ms / 1000,
        queries=read,
        formulas=_read_formulas(attributes, read),
    )


def _number(attributes: dict[str, Any], member: str) -> float:
    value = attributes.get(member)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        raise invalid(f"API input validation failed: '{member}' must be a number of milliseconds")
    return float(value)


def _read_query(given: Any, place: int) -> MetricVariable | EventVariable:
    if not isinstance(given, dict):
        raise invalid(f"API input validation failed: 'queries[{place}]' must be an object")
    name = given.get("name")
    name = name if isinstance(name, str) and name else f"query{place + 1}"
    source = str(given.get("data_source"))
    if source == "metrics":
        reducer = str(given.get("aggregator") or "avg")
        if reducer not in REDUCERS and reducer != "percentile":
            raise invalid(f"API input validation failed: there is no aggregator {reducer[:40]!r}")
        return MetricVariable(name, parse_expression(take_text(given, "query", path=f"queries[{place}]")), reducer)
    if source in _EVENTS:
        return EventVariable(name, _read_events(given, source, place))
    if source in _EMPTY:
        return EventVariable(name, None)
    raise invalid(f"API input validation failed: there is no data_source {source[:40]!r}")


def _read_events(given: dict[str, Any], data_source: str, place: int) -> EventScan | None:
    compute = take_object(given, "compute", path=f"queries[{place}]")
    groups = given.get("group_by")
    # Newer clients may send {fields, limit} in place of a list of facets.
    if isinstance(groups, dict):
        groups = [{"facet": field} for field in groups.get("fields") or ()]
    groups = groups or []
    if not isinstance(groups, list) or not all(
        isinstance(one, dict) and isinstance(one.get("facet"), str) for one in groups
    ):
        raise invalid(f"API input validation failed: 'queries[{place}].group_by' must name facets")
    search = given.get("search")
    text = search.get("query") if isinstance(search, dict) else ""
    tree = parse_search(text if isinstance(text, str) else "")
    source = _EVENT_SOURCES.get(data_source, data_source.replace("_", "-"))
    try:
        find_source(source)
    except InputError:
        return None
    limits = tuple(min(MAX_GROUPS, int(one.get("limit") or 10)) for one in groups)
    return EventScan(
        source=source,
        search=tree,
        aggregation=take_text(compute, "aggregation", path=f"queries[{place}].compute"),
        measure=str(compute.get("metric") or ""),
        by=tuple(one["facet"] for one in groups),
        grid=Grid(0, 10, 1),
        limit=MAX_GROUPS,
        limits=limits,
    )


def _read_formulas(
    attributes: dict[str, Any], queries: tuple[MetricVariable | EventVariable, ...]
) -> tuple[Formula, ...]:
    """Those that are given; without any each query for itself."""
    given = take_list(attributes, "formulas", path="data.attributes", most=MAX_FORMULAS)
    if not given:
        return tuple(Formula(one.name, Variable(one.name)) for one in queries)
    return tuple(_read_formula(one, place) for place, one in enumerate(given))


def _read_formula(given: Any, place: int) -> Formula:
    if not isinstance(given, dict):
        raise invalid(f"API input validation failed: 'formulas[{place}]' must be an object")
    text = take_text(given, "formula", path=f"formulas[{place}]")
    limit = given.get("limit")
    limit = limit if isinstance(limit, dict) else {}
    count = limit.get("count")
    if count is not None and (type(count) is not int or count < 1):
        raise invalid(f"API input validation failed: 'formulas[{place}].limit.count' must be a positive number")
    return Formula(text, parse_formula(text), count, limit.get("order", "desc") != "asc")

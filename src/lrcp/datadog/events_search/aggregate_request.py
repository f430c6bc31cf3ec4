"""An aggregation as it was asked for: what is computed, by which facets, in which order."""

from dataclasses import dataclass
from typing import Any, Final

from lrcp.datadog.events_search.listing import member, read_query, read_range
from lrcp.datadog.events_search.moments import parse_interval_s
from lrcp.datadog.events_search.products import Product
from lrcp.model.errors import InputError
from lrcp.query.scan.grid import Grid
from lrcp.query.search.aggregations import parse_aggregation
from lrcp.query.search.ast import Search
from lrcp.query.search.groups import MAX_KEYS

MAX_COMPUTES: Final = 20
MAX_BUCKETS: Final = 1500
"""Of a time series."""
_DEFAULT_LIMIT: Final = 10
_NS_PER_S: Final = 10**9
_NICE_S: Final = (1, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Compute:
    """interval_s: of a time series; None is one number over the whole time."""

    aggregation: str
    measure: str
    interval_s: int | None


@dataclass(frozen=True, slots=True)
class Sorting:
    """Of the values of one facet. aggregation '' sorts by name."""

    aggregation: str
    measure: str
    descending: bool


@dataclass(frozen=True, slots=True)
class GroupBy:
    """missing: value of records without one, '' leaves them out. total: name of a further bucket over all, '' for none."""

    facet: str
    limit: int
    sorting: Sorting
    missing: str
    total: str


@dataclass(frozen=True, slots=True)
class Aggregated:
    """The whole request; times in Unix nanoseconds."""

    source: str
    search: Search
    from_ns: int
    to_ns: int
    computes: tuple[Compute, ...]
    groups: tuple[GroupBy, ...]

    def grid(self, interval_s: int | None) -> Grid:
        """Buckets that cover the time: one, or of an interval and aligned to it since 1970."""
        step = interval_s or max(1, -(-self.to_ns // _NS_PER_S) - self.from_ns // _NS_PER_S)
        first = self.from_ns // _NS_PER_S
        start = first - first % step if interval_s else first
        return Grid(start, step, max(1, -(-(self.to_ns - start * _NS_PER_S) // (step * _NS_PER_S))))


def read_aggregated(product: Product, body: dict[str, Any], now_ns: int) -> Aggregated:
    """From the members `filter`, `compute`, `group_by`. Raises: Refusal."""
    terms = member(body, "filter")
    from_ns, to_ns = read_range(product, terms.get("from"), terms.get("to"), now_ns)
    return Aggregated(
        product.source,
        read_query(product, terms.get("query")),
        from_ns,
        to_ns,
        tuple(_computes(product, _objects(product, body, "compute", MAX_COMPUTES), to_ns - from_ns)),
        tuple(_group(product, group) for group in _objects(product, body, "group_by", MAX_KEYS)),
    )


def _objects(product: Product, body: dict[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    found = body.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or len(found) > most or not all(isinstance(one, dict) for one in found):
        raise product.refuse(name, f"must be a list of at most {most} objects")
    return found


def _computes(product: Product, given: list[dict[str, Any]], length_ns: int) -> list[Compute]:
    return [_compute(product, one, length_ns) for one in given or [{"aggregation": "count"}]]


def _compute(product: Product, given: dict[str, Any], length_ns: int) -> Compute:
    aggregation, measure = _aggregation(product, "compute", given)
    kind = given.get("type") or "total"
    if kind == "total":
        return Compute(aggregation, measure, None)
    if kind != "timeseries":
        raise product.refuse("compute.type", "must be total or timeseries")
    chosen = _usual_interval_s(length_ns) if given.get("interval") is None else parse_interval_s(given["interval"])
    if chosen is None:
        raise product.refuse("compute.interval", "must be an interval such as 5m")
    if length_ns > chosen * _NS_PER_S * MAX_BUCKETS:
        raise product.refuse("compute.interval", f"makes more than {MAX_BUCKETS} buckets of this time")
    return Compute(aggregation, measure, chosen)


def _usual_interval_s(length_ns: int) -> int:
    """The first usual interval of which a range has at most 300."""
    return next((step for step in _NICE_S if length_ns <= 300 * step * _NS_PER_S), length_ns // (300 * _NS_PER_S) + 1)


def _aggregation(product: Product, field: str, given: dict[str, Any]) -> tuple[str, str]:
    name, measure = given.get("aggregation"), given.get("metric") or ""
    if not isinstance(name, str) or not isinstance(measure, str) or len(measure) > 300:
        raise product.refuse(f"{field}.aggregation", "must be a name, and a metric a facet")
    try:
        parse_aggregation(name, measure)
    except InputError as error:
        raise product.refuse(f"{field}.aggregation", str(error)) from None
    return name, measure


def _group(product: Product, given: dict[str, Any]) -> GroupBy:
    facet, limit = given.get("facet"), given.get("limit", _DEFAULT_LIMIT)
    if not isinstance(facet, str) or not facet or len(facet) > 300:
        raise product.refuse("group_by.facet", "must be a facet")
    if given.get("histogram") is not None:
        raise product.refuse("group_by.histogram", "groups by ranges of numbers are not known here")
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= 1000:
        raise product.refuse("group_by.limit", "must be a number from 1 to 1000")
    sorting = _sorting(product, given.get("sort"))
    return GroupBy(facet, limit, sorting, _label(given.get("missing"), ""), _total(given.get("total"), facet))


def _sorting(product: Product, given: Any) -> Sorting:
    """By count, the largest first, when nothing is said."""
    if given is None:
        return Sorting("count", "", True)
    if not isinstance(given, dict):
        raise product.refuse("group_by.sort", "must be an object")
    kind = given.get("type") or ("measure" if given.get("aggregation") else "alphabetical")
    if kind == "alphabetical":
        return Sorting("", "", given.get("order") == "desc")
    aggregation, measure = _aggregation(product, "group_by.sort", {"aggregation": "count", **given})
    return Sorting(aggregation, measure, given.get("order") != "asc")


def _total(given: Any, facet: str) -> str:
    """`$facet_total` for true."""
    return f"${facet}_total" if given is True else _label(given, "")


def _label(given: Any, default: str) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return default
    return str(given)[:300]

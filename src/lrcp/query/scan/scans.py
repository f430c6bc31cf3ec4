"""Scans: hashable descriptions of what to read. Equal scans are read once, however many monitors want them."""

from dataclasses import dataclass

from lrcp.query.metric.ast import Scope, ValueCondition
from lrcp.query.scan.grid import Grid
from lrcp.query.search.ast import Search


@dataclass(frozen=True, slots=True)
class SeriesScan:
    """Every series (tag set) of a metric within a scope, point statistics by bucket -> SeriesBlock.

    Points are stored in buckets of 10 s (model.metric.BUCKET_S), so start_s and step_s are multiples of 10.
    """

    metric: str
    scope: Scope
    grid: Grid


@dataclass(frozen=True, slots=True)
class SketchScan:
    """A distribution's values by group and bucket, sketches merged over series and time -> GroupBlock.

    Exactly one of quantile (0 to 1) and condition is set; the condition gives the number of values that meet it.
    """

    metric: str
    scope: Scope
    by: tuple[str, ...]
    grid: Grid
    quantile: float | None = None
    condition: ValueCondition | None = None


@dataclass(frozen=True, slots=True)
class EventScan:
    """Logs, spans, LLM Observability spans, events and the like, aggregated by group and bucket -> GroupBlock.

    source as in EventMonitorQuery. aggregation, measure as there. limit: groups that are kept, the largest first.
    limits: values that are kept of each key, Datadog's by default. missing: of each key, the value of records that have
    none, '' leaves them out; () is '' for all. clip_ns: [from, to) in Unix nanoseconds, which records must also be in.
    """

    source: str
    search: Search
    aggregation: str
    measure: str
    by: tuple[str, ...]
    grid: Grid
    limit: int = 1000
    limits: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()
    clip_ns: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class CheckScan:
    """The newest statuses of a service check by group in [since_s, until_s) -> CheckBlock. by ("*",): by whole tag set.

    over: tags that all must be there; exclude: tags of which none may.
    """

    check: str
    over: tuple[str, ...]
    exclude: tuple[str, ...]
    by: tuple[str, ...]
    last: int
    since_s: int
    until_s: int


Scan = SeriesScan | SketchScan | EventScan | CheckScan

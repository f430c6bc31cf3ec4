"""The tree of a monitor's query: one record a family of monitor types."""

from dataclasses import dataclass

from lrcp.query.metric.ast import Expression
from lrcp.query.search.ast import Search

_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "mo": 30 * 86400}


@dataclass(frozen=True, slots=True)
class Window:
    """`last_5m`, `current_1d`, `next_1w`, `"15m"`. kind: last, current, next. unit: s, m, h, d, w, mo (30 days)."""

    kind: str
    amount: int
    unit: str

    @property
    def seconds(self) -> int:
        """Its length; of a cumulative window (current_) the longest it becomes."""
        return self.amount * _UNIT_S[self.unit]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`> 5`. operator: > >= < <= == !=. threshold None: the keyword `threshold`, with a query as the critical threshold."""

    operator: str
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Change:
    """`change(...)` or `pct_change(...)`. shift: how much earlier the compared window is; written `last_5m` or `5m_ago`."""

    kind: str
    shift: Window
    ago: bool = False


@dataclass(frozen=True, slots=True)
class MetricMonitorQuery:
    """`avg(last_5m):<expression> > 5`. reducer: avg, sum, min, max, percentile; the expression may be a Call of anomalies,
    outliers or forecast, which the evaluation recognises by its name."""

    reducer: str
    window: Window
    expression: Expression
    comparison: Comparison
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class EventMonitorQuery:
    """`logs("...").index("main").rollup("count").by("a,b").last("5m") > 2` and its relatives.

    source: logs, trace-analytics, llm-observability, events, rum, ci-pipelines, ci-tests, error-tracking,
    error-tracking-rum, audits, database-monitoring, network-performance, network-path, processes, ...
    search: the text as written; tree: what it says. aggregation: count, cardinality, avg, ..., pc75..pc99.
    measure: the facet that is aggregated, '' for count. over: tags of `.over(...)`. calls: further calls in their
    order, such as ("source", ("all",)), ("new", ()), ("impact", ()).
    """

    source: str
    search: str
    tree: Search
    indexes: tuple[str, ...]
    aggregation: str
    measure: str
    by: tuple[str, ...]
    window: Window
    comparison: Comparison
    over: tuple[str, ...] = ()
    calls: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class FormulaMonitorQuery:
    """`formula("query2 / query1 * 100").last("15m") >= 0.8`; the queries are in options.variables.

    rollup: '' or the reducer of `.rollup("sum")`. by: of `.by(...)`. anomaly: keywords of `.anomaly(...)`, None without.
    quoted_window: whether the window stood in quotes.
    """

    formula: str
    expression: Expression
    rollup: str
    by: tuple[str, ...]
    window: Window
    comparison: Comparison
    anomaly: tuple[tuple[str, str | float], ...] | None = None
    quoted_window: bool = True


@dataclass(frozen=True, slots=True)
class CheckMonitorQuery:
    """`"ntp.in_sync".over("env:prod").exclude("host:x").by("host").last(2).count_by_status()`.

    by ("*",): one group for each distinct tag set. percent: `.pct_by_status()`, a cluster alert.
    """

    check: str
    over: tuple[str, ...]
    exclude: tuple[str, ...]
    by: tuple[str, ...]
    last: int
    percent: bool = False
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A monitor's id in a composite."""

    monitor_id: int


@dataclass(frozen=True, slots=True)
class Both:
    """`a && b`."""

    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Either:
    """`a || b`."""

    left: "Condition"
    right: "Condition"


@dataclass(frozen=True, slots=True)
class Opposite:
    """`!a`."""

    operand: "Condition"


Condition = Reference | Both | Either | Opposite


@dataclass(frozen=True, slots=True)
class CompositeQuery:
    """`123 && !456 || (789)`; precedence ! over && over ||."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class SloQuery:
    """`error_budget("id").over("7d") > 75`, `burn_rate("id").over("30d").long_window("1h").short_window("5m") > 14.4`.

    kind: error_budget or burn_rate; the two windows only with burn_rate.
    """

    kind: str
    slo_id: str
    over: Window
    comparison: Comparison
    long_window: Window | None = None
    short_window: Window | None = None


MonitorQuery = (
    MetricMonitorQuery | EventMonitorQuery | FormulaMonitorQuery | CheckMonitorQuery | CompositeQuery | SloQuery
)

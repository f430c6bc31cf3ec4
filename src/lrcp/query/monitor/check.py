"""What a monitor's query may say beyond its grammar: which type takes it, windows, comparisons, counts.

Source: DATADOG.md 3.1 to 3.3 and rules 16 to 19 of 3.7; checked by tests/spec/query/refused.test. What needs more than
the query is beside it: check_thresholds, check_variables, check_burn_rate.
"""

from collections.abc import Callable, Collection
from typing import Any, Final

from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Variable
from lrcp.query.metric.check import check_expression, fault
from lrcp.query.metric.walk import queries_in
from lrcp.query.monitor.algorithms import check_algorithm
from lrcp.query.monitor.ast import (
    Change,
    CheckMonitorQuery,
    Comparison,
    CompositeQuery,
    Condition,
    EventMonitorQuery,
    FormulaMonitorQuery,
    MetricMonitorQuery,
    MonitorQuery,
    Opposite,
    Reference,
    SloQuery,
    Window,
)
from lrcp.query.monitor.heads import heads_of, takes
from lrcp.query.monitor.limits import EVENTS, METRIC, PROCESSES, REPORTS, Limits, check_shift, check_window
from lrcp.query.monitor.printer import print_monitor_query
from lrcp.query.monitor.windows import print_plain_window

MAX_COMPOSITE_MONITORS: Final = 10
MAX_EVENT_GROUP_KEYS: Final = 4
MAX_CHECK_STATUSES: Final = 100
AGGREGATIONS: Final = (
    "count", "cardinality", "avg", "sum", "min", "max", "median", "pc75", "pc90", "pc95", "pc98", "pc99",
)  # fmt: skip
ISSUE_SOURCES: Final = ("all", "browser", "mobile", "backend")
PATH_INDEXES: Final = ("netpath-path", "netpath-hop")
SLO_TIMEFRAMES_D: Final = (7, 30, 90)
_REPORT_TYPES: Final = frozenset({"cost alert", "data-quality alert", "data-jobs alert"})
_METRIC_TYPES: Final = frozenset({"metric alert", "query alert"})


def check_monitor_query(type: str, query: MonitorQuery, *, monitor_id: int = 0) -> None:
    """Raises QueryError where a monitor of this type cannot have this query. monitor_id: its own, 0 when it has none yet."""
    text = print_monitor_query(query)
    if not takes(type, query):
        raise QueryError(f"a monitor of type {type!r} does not take this query", text, 0, heads_of(type))
    if isinstance(query, CompositeQuery):
        _check_composite(query, text, monitor_id)
    else:
        _CHECKS[query.__class__](query, text, type)


# --- metrics and formulas ---


def _check_metric(query: MetricMonitorQuery, text: str, _: str) -> None:
    check_expression(query.expression, monitor=True, text=text)
    if check_algorithm(query, text):
        return
    check_window(query.window, METRIC, text)
    if query.change is not None:
        _check_change(query, query.change, text)
    elif query.reducer == "percentile" and not _has_percentile(query):
        raise fault(text, "percentile", "percentile() reduces a query of a percentile", ("p95:metric{*}",))


def _check_change(query: MetricMonitorQuery, change: Change, text: str) -> None:
    check_shift(change, text)
    if query.window.kind != "last":
        raise fault(
            text, print_plain_window(query.window), "a change is not taken over a cumulative window", ("last_5m",)
        )
    if query.reducer == "percentile":
        raise fault(text, "percentile", "a change takes no percentile()", ("avg", "sum", "min", "max"))


def _has_percentile(query: MetricMonitorQuery) -> bool:
    return any(not isinstance(one, Variable) and one.percentile is not None for one in queries_in(query.expression))


def _check_formula(query: FormulaMonitorQuery, text: str, type: str) -> None:
    check_expression(query.expression, monitor=True, text=text, unknown_functions=type == "data-jobs alert")
    check_window(query.window, _formula_limits(type), text)
    if query.rollup and query.rollup not in ("avg", "sum", "min", "max", "count", "last"):
        raise fault(text, '.rollup("', f"{query.rollup!r} reduces no window", ("avg", "sum", "min", "max"))
    if query.anomaly is not None:
        _check_formula_anomaly(query, text)
    if type not in _METRIC_TYPES:
        _refuse_keyword(query.comparison, text)


def _formula_limits(type: str) -> Limits:
    if type in _METRIC_TYPES:
        return METRIC
    return REPORTS if type in _REPORT_TYPES else EVENTS


def _check_formula_anomaly(query: FormulaMonitorQuery, text: str) -> None:
    for name, value in query.anomaly or ():
        if name == "direction" and value not in ("above", "below", "both"):
            raise fault(text, "direction=", f"no such direction {value!r}", ("above", "below", "both"))
        if name not in ("direction", "threshold"):
            raise fault(text, f"{name}=", f".anomaly() takes no {name}=", ("direction=", "threshold="))
        if name == "threshold" and not isinstance(value, float):
            raise fault(text, "threshold=", "the threshold of .anomaly() is a number")


def _refuse_keyword(comparison: Comparison, text: str) -> None:
    if comparison.threshold is None:
        raise fault(text, " threshold", "only metric monitors take their threshold from a query", ("a number",))


# --- events ---


def _check_event(query: EventMonitorQuery, text: str, _: str) -> None:
    check_window(query.window, PROCESSES if query.source == "processes" else EVENTS, text)
    _refuse_keyword(query.comparison, text)
    if query.aggregation not in AGGREGATIONS:
        raise fault(text, ".rollup(", f"there is no aggregation {query.aggregation!r}", AGGREGATIONS)
    if bool(query.measure) == (query.aggregation == "count"):
        needs = "takes no facet" if query.measure else "needs a facet"
        raise fault(text, ".rollup(", f"{query.aggregation} {needs}")
    if len(query.by) > MAX_EVENT_GROUP_KEYS:
        raise fault(text, ".by(", f"at most {MAX_EVENT_GROUP_KEYS} group keys are taken, not {len(query.by)}")
    if query.source == "network-path" and not set(query.indexes) <= set(PATH_INDEXES):
        raise fault(text, ".index(", "network paths have no such index", PATH_INDEXES)
    if query.source == "error-tracking":
        _check_issues(query, text)


def _check_issues(query: EventMonitorQuery, text: str) -> None:
    calls = dict(query.calls)
    if ("new" in calls) == ("impact" in calls):
        raise fault(
            text, ".rollup(", "an error-tracking query asks for new issues or for their impact", (".new()", ".impact()")
        )
    source = calls.get("source", ("all",))[0]
    if source not in ISSUE_SOURCES:
        raise fault(text, ".source(", f"there is no source {source!r}", ISSUE_SOURCES)


# --- checks, SLOs, composites ---


def _check_service_check(query: CheckMonitorQuery, text: str, _: str) -> None:
    if not 1 <= query.last <= MAX_CHECK_STATUSES:
        raise fault(text, ".last(", f".last() counts 1 to {MAX_CHECK_STATUSES} statuses, not {query.last}")
    if query.comparison is not None:
        _refuse_keyword(query.comparison, text)


def _check_slo(query: SloQuery, text: str, _: str) -> None:
    if query.over.unit != "d" or query.over.amount not in SLO_TIMEFRAMES_D:
        raise fault(text, ".over(", "an SLO alert looks over one of its timeframes", ("7d", "30d", "90d"))
    if query.comparison.operator not in (">", ">="):
        raise fault(text, f" {query.comparison.operator} ", "an SLO alert compares upwards", (">", ">="))
    _refuse_keyword(query.comparison, text)
    if not (query.comparison.threshold or 0) > 0:
        raise fault(text, f" {query.comparison.operator} ", "the threshold of an SLO alert is above 0")
    if query.long_window is not None:
        _check_burn_windows(query.long_window, query.short_window, text)


def _check_burn_windows(long: Window, short: Window | None, text: str) -> None:
    if not 3600 <= long.seconds <= 48 * 3600:
        raise fault(text, ".long_window(", "the long window is 1 to 48 hours")
    if short is not None and not 60 <= short.seconds < long.seconds:
        raise fault(text, ".short_window(", "the short window is at least a minute and shorter than the long one")


def check_burn_rate(query: SloQuery, target: float) -> None:
    """Raises QueryError where a burn rate can never pass its threshold. target: of the SLO, ratio in (0, 1)."""
    if query.kind != "burn_rate" or query.comparison.threshold is None:
        return
    highest = 1 / (1 - target)
    if query.comparison.threshold > highest * (1 + 1e-9):
        text = print_monitor_query(query)
        reason = f"with a target of {target * 100:g} % the burn rate is never above {highest:g}"
        raise fault(text, f" {query.comparison.operator} ", reason, (f"a threshold up to {highest:g}",))


def references_in(condition: Condition) -> list[int]:
    """The ids of the monitors in a composite, from the left, each once."""
    return list(dict.fromkeys(_references(condition)))


def _references(condition: Condition) -> list[int]:
    if isinstance(condition, Reference):
        return [condition.monitor_id]
    if isinstance(condition, Opposite):
        return _references(condition.operand)
    return _references(condition.left) + _references(condition.right)


def _check_composite(query: CompositeQuery, text: str, monitor_id: int) -> None:
    found = references_in(query.condition)
    if len(found) > MAX_COMPOSITE_MONITORS:
        eleventh = str(found[MAX_COMPOSITE_MONITORS])
        raise fault(text, eleventh, f"a composite takes at most {MAX_COMPOSITE_MONITORS} monitors, not {len(found)}")
    if monitor_id in found:
        raise fault(text, str(monitor_id), "a composite cannot depend on itself")


def check_variables(query: FormulaMonitorQuery, names: Collection[str]) -> None:
    """Raises QueryError where a formula uses a query that options.variables does not have."""
    for one in queries_in(query.expression):
        if isinstance(one, Variable) and one.name not in names:
            reason = f"there is no query {one.name!r} in options.variables"
            raise fault(print_monitor_query(query), one.name, reason, tuple(sorted(names)))


_CHECKS: Final[dict[type, Callable[[Any, str, str], None]]] = {
    MetricMonitorQuery: _check_metric,
    FormulaMonitorQuery: _check_formula,
    EventMonitorQuery: _check_event,
    CheckMonitorQuery: _check_service_check,
    SloQuery: _check_slo,
}

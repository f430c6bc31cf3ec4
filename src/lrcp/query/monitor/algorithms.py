"""What monitors on anomalies(), outliers() and forecast() must say. Source: DATADOG.md 3.2, "Algorithm"."""

from collections.abc import Callable
from typing import Final

from lrcp.query.metric.ast import Call, MetricQuery, Text
from lrcp.query.metric.check import fault, interval_s
from lrcp.query.metric.walk import queries_in
from lrcp.query.monitor.ast import MetricMonitorQuery
from lrcp.query.monitor.limits import METRIC, OUTLIERS, check_forecast_window, check_window
from lrcp.query.monitor.windows import find_window


def check_algorithm(query: MetricMonitorQuery, text: str) -> bool:
    """Whether the expression is an algorithm. Raises: QueryError - one that cannot be evaluated as it stands."""
    call = query.expression
    check = _CHECKS.get(call.name) if isinstance(call, Call) else None
    if check is None or not isinstance(call, Call):
        return False
    if query.change is not None:
        raise fault(text, query.change.kind, f"a change is not taken of {call.name}()", ("avg(last_5m):",))
    if query.comparison.threshold is None:
        raise fault(text, " threshold", f"{call.name}() is compared with a number", ("a number",))
    check(query, call, text)
    return True


def _check_anomalies(query: MetricMonitorQuery, call: Call, text: str) -> None:
    _check_head(query, text, ("avg",), (">=", ">"))
    check_window(query.window, METRIC, text)
    if not 0 <= (query.comparison.threshold or 0) <= 1:
        raise fault(text, f" {query.comparison.operator} ", "anomalies() gives a share of points, 0 to 1")
    alert = call.keyword("alert_window")
    window = find_window(alert.value) if isinstance(alert, Text) else None
    if window is None:
        return
    if window.seconds > query.window.seconds:
        raise fault(text, "alert_window=", "the alert window is longer than the window of the query")
    interval = call.keyword("interval")
    if interval is not None and (interval_s(interval) or 0) > window.seconds:
        raise fault(text, "interval=", "the interval is longer than the alert window")


def _check_outliers(query: MetricMonitorQuery, call: Call, text: str) -> None:
    _check_head(query, text, ("avg",), (">", ">="))
    check_window(query.window, OUTLIERS, text)
    if (query.comparison.threshold or 0) < 0:
        raise fault(text, f" {query.comparison.operator} ", "outliers() gives 0 or more")
    if not any(isinstance(one, MetricQuery) and one.by for one in queries_in(call)):
        raise fault(text, "outliers(", "outliers() compares the members of a group", ("avg:metric{*} by {host}",))


def _check_forecast(query: MetricMonitorQuery, call: Call, text: str) -> None:
    _check_head(query, text, ("max", "min"), (">=",) if query.reducer == "max" else ("<=",))
    check_forecast_window(query.window, text)


def _check_head(query: MetricMonitorQuery, text: str, reducers: tuple[str, ...], operators: tuple[str, ...]) -> None:
    if query.reducer not in reducers:
        raise fault(text, query.reducer, f"{query.reducer}() is not taken here", reducers)
    if query.comparison.operator not in operators:
        reason = f"{query.comparison.operator} is not taken with {query.reducer}() here"
        raise fault(text, f" {query.comparison.operator} ", reason, operators)


_CHECKS: Final[dict[str, Callable[[MetricMonitorQuery, Call, str], None]]] = {
    "anomalies": _check_anomalies,
    "outliers": _check_outliers,
    "forecast": _check_forecast,
}

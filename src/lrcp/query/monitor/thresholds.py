"""Whether a monitor's thresholds fit its query: equal where they must be, and in an order in which each can be reached.

Source: DATADOG.md 3.4 and 3.5; checked by tests/unit/query/monitor/test_thresholds.py.
"""

from typing import Final

from lrcp.model.monitor import Thresholds
from lrcp.query.errors import QueryError
from lrcp.query.metric.printer import print_number
from lrcp.query.monitor.ast import CheckMonitorQuery, Comparison, CompositeQuery, MonitorQuery

_UPWARDS: Final = (">", ">=")
_DOWNWARDS: Final = ("<", "<=")


def check_thresholds(query: MonitorQuery, thresholds: Thresholds) -> None:
    """Raises QueryError, without a place in the query, where options.thresholds and the query contradict each other."""
    if isinstance(query, CompositeQuery):
        return
    if isinstance(query, CheckMonitorQuery) and not query.percent:
        _check_counts(query, thresholds)
        return
    if query.comparison is not None:
        _check_critical(query.comparison, thresholds)
        _check_order(query.comparison, thresholds)


def _check_counts(query: CheckMonitorQuery, thresholds: Thresholds) -> None:
    for name in ("critical", "warning", "ok", "unknown"):
        value = getattr(thresholds, name)
        if value is not None and not 1 <= value <= query.last:
            raise QueryError(
                f"the threshold {name} is {print_number(value)}, but .last({query.last}) counts 1 to {query.last}"
            )


def _check_critical(comparison: Comparison, thresholds: Thresholds) -> None:
    if comparison.threshold is None:
        if not thresholds.critical_query:
            raise QueryError("`threshold` in the query needs options.thresholds.critical_query")
        return
    if thresholds.critical is not None and thresholds.critical != comparison.threshold:
        given, written = print_number(thresholds.critical), print_number(comparison.threshold)
        raise QueryError(f"the critical threshold is {given}, the query compares with {written}")


def _check_order(comparison: Comparison, thresholds: Thresholds) -> None:
    """Up to the critical threshold the warning comes first; a recovery lies on the harmless side of what it ends."""
    critical = thresholds.critical if comparison.threshold is None else comparison.threshold
    recoveries = (thresholds.critical_recovery, thresholds.warning_recovery)
    if comparison.operator not in (*_UPWARDS, *_DOWNWARDS):
        if recoveries != (None, None):
            raise QueryError(f"a recovery threshold has no meaning with {comparison.operator}")
        return
    upwards = comparison.operator in _UPWARDS
    _check_pair("warning", thresholds.warning, "critical", critical, upwards=upwards, strict=True)
    _check_pair("critical_recovery", recoveries[0], "critical", critical, upwards=upwards, strict=False)
    _check_pair("warning_recovery", recoveries[1], "warning", thresholds.warning, upwards=upwards, strict=False)


def _check_pair(
    name: str, value: float | None, other_name: str, other: float | None, *, upwards: bool, strict: bool
) -> None:
    if value is None or other is None:
        return
    low, high = (value, other) if upwards else (other, value)
    if low > high or (strict and low == high):
        side = "below" if upwards else "above"
        raise QueryError(
            f"the {name} threshold {print_number(value)} must be {side} the {other_name} threshold {print_number(other)}"
        )

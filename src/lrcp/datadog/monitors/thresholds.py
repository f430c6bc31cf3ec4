"""Whether thresholds fit the query, in the server's words where those are known; the rest is the query language's own check."""

from typing import Any

from lrcp.datadog.errors import invalid
from lrcp.model.monitor import Thresholds
from lrcp.query.errors import QueryError
from lrcp.query.monitor.ast import CheckMonitorQuery, Comparison, CompositeQuery, MonitorQuery
from lrcp.query.monitor.thresholds import check_thresholds


def check_document_thresholds(query: MonitorQuery, thresholds: Thresholds, given: dict[str, Any] | None) -> None:
    """Raises: Refusal.

    Args:
        given: options.thresholds as they were sent; None when there were none, then the query's own number counts.
    """
    if isinstance(query, CheckMonitorQuery):
        _check_counts(query, thresholds)
    elif not isinstance(query, CompositeQuery) and query.comparison.threshold is not None:
        if given and thresholds.critical is None:
            raise invalid("Alert status is required.")
        _check_numbers(query.comparison, query.comparison.threshold, thresholds)
    try:
        check_thresholds(query, thresholds)
    except QueryError as error:
        raise invalid(f"The value provided for parameter 'options' is invalid: {error}") from None


def _check_counts(query: CheckMonitorQuery, thresholds: Thresholds) -> None:
    counts = [thresholds.ok, thresholds.warning, thresholds.critical]
    if not query.percent and query.last < max((count for count in counts if count is not None), default=0):
        raise invalid("Last field should be larger than or equal to max threshold defined in monitor options")


def _check_numbers(comparison: Comparison, number: float, thresholds: Thresholds) -> None:
    critical, warning, recovery = thresholds.critical, thresholds.warning, thresholds.critical_recovery
    if critical is not None and critical != number:
        raise invalid(f"Alert threshold ({critical}) does not match that used in the query ({number}).")
    rises = comparison.operator in (">", ">=")
    if warning is not None and comparison.operator[0] in "<>" and (warning >= number if rises else warning <= number):
        words = f"must be {'less' if rises else 'greater'} than the alert threshold ({number})"
        raise invalid(f"Warning threshold ({warning}) {words} with {comparison.operator} comparison.")
    if recovery is not None and comparison.operator[0] in "<>" and (recovery > number if rises else recovery < number):
        raise invalid(
            "alert and alert recovery criteria are such that the monitor can be simultaneously in alert and alert"
            " recovery states"
        )

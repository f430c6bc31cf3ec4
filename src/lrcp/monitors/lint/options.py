"""Checks of the options: what Datadog refuses or ignores in them."""

from collections.abc import Iterator
from typing import Final

from lrcp.monitors.duration import parse_duration_s, spell_duration
from lrcp.monitors.lint.finding import Subject
from lrcp.monitors.lint.trees import Found, algorithm_of
from lrcp.query.algorithms.anomalies import shortest_recovery_window_s
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Text
from lrcp.query.metric.walk import calls_in
from lrcp.query.monitor.ast import FormulaMonitorQuery, MetricMonitorQuery
from lrcp.query.monitor.check import check_variables
from lrcp.query.monitor.thresholds import check_thresholds

_BOUNDS: Final = {
    "evaluation_delay": (0, 86_400),
    "timeout_h": (0, 24),
    "renotify_interval": (0, 1440 * 7),
    "renotify_occurrences": (0, 1000),
    "new_group_delay": (0, 86_400),
    "no_data_timeframe": (1, 1440 * 7),
}
_MISSING_MODES: Final = ("default", "show_no_data", "show_and_notify_no_data", "resolve")
_DEPRECATED: Final = {
    "silenced": "a downtime",
    "new_host_delay": "new_group_delay",
    "locked": "restricted_roles",
    "device_ids": "a scope",
    "groupby_simple_monitor": "notify_by",
}


def thresholds(subject: Subject) -> Iterator[Found]:
    """Numbers of the options against the query."""
    try:
        check_thresholds(subject.query, subject.monitor.options.thresholds)
    except QueryError as error:
        yield "threshold-differs", "$.options.thresholds", error.reason


def variables(subject: Subject) -> Iterator[Found]:
    """Queries of a formula."""
    if isinstance(subject.query, FormulaMonitorQuery):
        try:
            check_variables(subject.query, [str(one.get("name")) for one in subject.monitor.options.variables])
        except QueryError as error:
            yield "variables", "$.options.variables", error.reason


def bounds(subject: Subject) -> Iterator[Found]:
    """Options as numbers and words, a priority."""
    options = subject.monitor.options
    for name, (least, most) in _BOUNDS.items():
        value = getattr(options, name)
        if value is not None and not least <= value <= most:
            yield "bounds", f"$.options.{name}", f"{name} is {value}, outside of {least} to {most}"
    if options.on_missing_data is not None and options.on_missing_data not in _MISSING_MODES:
        allowed = ", ".join(_MISSING_MODES)
        yield "bounds", "$.options.on_missing_data", f"{options.on_missing_data!r} is none of {allowed}"
    if subject.monitor.priority is not None and not 1 <= subject.monitor.priority <= 5:
        yield "bounds", "$.priority", f"the priority is {subject.monitor.priority}, outside of 1 to 5"


def missing_data(subject: Subject) -> Iterator[Found]:
    """Modes of missing data that do not go together."""
    options = subject.monitor.options
    if options.on_missing_data is None:
        return
    if options.notify_no_data or options.no_data_timeframe is not None:
        yield "missing-data-twice", "$.options.on_missing_data", "it replaces notify_no_data and no_data_timeframe"
    calls = calls_in(subject.query.expression) if isinstance(subject.query, MetricMonitorQuery) else ()
    if options.on_missing_data == "resolve" and any(call.name == "default_zero" for call in calls):
        yield (
            "default-zero-resolve",
            "$.options.on_missing_data",
            "with default_zero() data are missing never or always",
        )


def anomaly_windows(subject: Subject) -> Iterator[Found]:
    """threshold_windows of anomaly monitors."""
    call = algorithm_of(subject)
    if call is None or call.name != "anomalies" or not isinstance(subject.query, MetricMonitorQuery):
        return
    windows, alert = subject.monitor.options.threshold_windows, call.keyword("alert_window")
    place = "$.options.threshold_windows"
    if windows is None or not windows.trigger_window or not windows.recovery_window:
        yield "anomaly-windows", place, "trigger_window and recovery_window are both needed"
        return
    if isinstance(alert, Text) and alert.value != windows.trigger_window:
        yield "anomaly-windows", place, f"trigger_window is {windows.trigger_window}, alert_window {alert.value}"
    trigger_s, recovery_s = parse_duration_s(windows.trigger_window), parse_duration_s(windows.recovery_window)
    least_s = shortest_recovery_window_s(trigger_s, subject.query.comparison.threshold or 0.0)
    if recovery_s < min(least_s, trigger_s):
        yield "anomaly-windows", place, f"recovery_window is shorter than {spell_duration(least_s)}"


def renotification(subject: Subject) -> Iterator[Found]:
    """What means something only with an interval."""
    options = subject.monitor.options
    if options.renotify_interval:
        return
    for name in ("renotify_occurrences", "renotify_statuses", "escalation_message"):
        if getattr(options, name):
            yield "renotify-unused", f"$.options.{name}", f"{name} without renotify_interval"


def deprecated(subject: Subject) -> Iterator[Found]:
    """Options that have been replaced. The server fills some of them in itself, with these values."""
    options = subject.document.get("options") or {}
    for name, instead in _DEPRECATED.items():
        if options.get(name) not in (None, {}, [], False, 300 if name == "new_host_delay" else None):
            yield "deprecated", f"$.options.{name}", f"{name}: use {instead}"

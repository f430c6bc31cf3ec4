"""The checks of one definition that is readable: each yields (rule, place, message)."""

import re
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Final

from lrcp.model.monitor_state import State, Transition
from lrcp.monitors.duration import parse_duration_s, spell_duration
from lrcp.monitors.lint.finding import Subject
from lrcp.monitors.lint.ranges import range_of
from lrcp.monitors.message.check import check_message
from lrcp.monitors.message.parser import parse_template
from lrcp.monitors.message.render import render_notification
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import (
    Arithmetic,
    Call,
    Expression,
    MetricQuery,
    Number,
    Scope,
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TagIn,
    TagMatch,
    Text,
    Variable,
)
from lrcp.query.metric.check import queries_in
from lrcp.query.metric.parser import parse_expression
from lrcp.query.monitor.ast import (
    CheckMonitorQuery,
    Comparison,
    EventMonitorQuery,
    FormulaMonitorQuery,
    MetricMonitorQuery,
)
from lrcp.query.monitor.check import check_variables
from lrcp.query.monitor.thresholds import check_thresholds

Found = tuple[str, str, str]
"""Rule, place, message."""
Check = Callable[[Subject], Iterator[Found]]

_BOUNDS: Final = {
    "evaluation_delay": (0, 86_400),
    "timeout_h": (0, 24),
    "renotify_interval": (1, 1440 * 7),
    "renotify_occurrences": (1, 1000),
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
_CLOUD: Final = re.compile(r"(aws|gcp|azure|oci)\.")
_CLOUD_DELAY_S: Final = 300
_ON_CALL: Final = re.compile(r"(oncall|pagerduty|opsgenie)(-|\Z)")


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
    calls = _calls(subject.query.expression) if isinstance(subject.query, MetricMonitorQuery) else ()
    if options.on_missing_data == "resolve" and any(call.name == "default_zero" for call in calls):
        yield (
            "default-zero-resolve",
            "$.options.on_missing_data",
            "with default_zero() data are missing never or always",
        )


def anomaly_windows(subject: Subject) -> Iterator[Found]:
    """threshold_windows of anomaly monitors."""
    call = _algorithm(subject)
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
    least_s = least_recovery_s(trigger_s, subject.query.comparison.threshold or 0.0)
    if recovery_s < min(least_s, trigger_s):
        yield "anomaly-windows", place, f"recovery_window is shorter than {spell_duration(least_s)}"


def least_recovery_s(trigger_s: float, threshold: float) -> float:
    """The shortest recovery window of an anomaly monitor: trigger x (1 - threshold) + 1 minute. DATADOG.md 3.2, V14."""
    return round(trigger_s * (1 - threshold)) + 60


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


def reach(subject: Subject) -> Iterator[Found]:
    """Thresholds against what the query can give at all."""
    comparison: Comparison | None = getattr(subject.query, "comparison", None)
    span = range_of(subject.query)
    if comparison is None or comparison.threshold is None or span is None:
        return
    low, high, what = span
    threshold, operator = comparison.threshold, comparison.operator
    said = f"{what}, and is compared with {operator} {threshold:g}"
    never = {
        ">": threshold >= high, ">=": threshold > high, "<": threshold <= low, "<=": threshold < low,
        "==": not low <= threshold <= high,
    }  # fmt: skip
    ever = {">": threshold < low, ">=": threshold <= low, "<": threshold > high, "<=": threshold >= high}
    if never.get(operator, False):
        yield "unreachable", "$.query", said
    elif ever.get(operator, False):
        yield "always", "$.query", said


def rollups(subject: Subject) -> Iterator[Found]:
    """Explicit rollups against the window and the delay."""
    if not isinstance(subject.query, MetricMonitorQuery) or _algorithm(subject) is not None:
        return
    delay_s = subject.monitor.options.evaluation_delay or 0
    for one in _metric_queries(subject):
        step_s = _rollup_s(one)
        if step_s and subject.query.window.seconds < step_s:
            yield (
                "window-shorter-than-rollup",
                "$.query",
                f"a window of {spell_duration(subject.query.window.seconds)} over buckets of {spell_duration(step_s)}",
            )
        elif step_s > 60 and delay_s < step_s:
            yield (
                "no-delay",
                "$.options.evaluation_delay",
                f"buckets of {spell_duration(step_s)} with a delay of {delay_s} s",
            )
        elif _CLOUD.match(one.metric) and delay_s < _CLOUD_DELAY_S:
            yield "no-delay", "$.options.evaluation_delay", f"{one.metric} comes minutes late; the delay is {delay_s} s"


def ratios(subject: Subject) -> Iterator[Found]:
    """Ratios that are reduced as they are not meant."""
    if not isinstance(subject.query, MetricMonitorQuery) or not _divides(subject.query.expression):
        return
    counted = any(one.modifier("as_count") for one in _metric_queries(subject))
    if subject.query.reducer == "sum" and not counted and subject.query.window.seconds > 60:
        yield "summed-ratio", "$.query", "sum() of a ratio"
    if counted and subject.query.reducer != "sum" and subject.query.change is None:
        yield "averaged-counts", "$.query", f"{subject.query.reducer}() of an expression with .as_count()"


def below(subject: Subject) -> Iterator[Found]:
    """Monitors of too little that are blind for nothing."""
    query, options = subject.query, subject.monitor.options
    if not isinstance(query, MetricMonitorQuery) or query.comparison.operator not in ("<", "<=") or query.change:
        return
    if options.on_missing_data is not None or options.notify_no_data or _algorithm(subject) is not None:
        return
    zero = any(call.name == "default_zero" for call in _calls(query.expression))
    counted = any(one.modifier("as_count") for one in _metric_queries(subject))
    if not zero and not counted:
        yield (
            "below-without-data",
            "$.options.on_missing_data",
            f"it compares with {query.comparison.operator}, and nothing says what missing data mean",
        )


def message(subject: Subject) -> Iterator[Found]:
    """The templates of name, message and escalation."""
    keys = _keys(subject)
    texts = {"name": subject.monitor.name, "message": subject.monitor.message}
    texts["options.escalation_message"] = subject.monitor.options.escalation_message or ""
    for place, text in texts.items():
        unreadable = {(problem.offset, problem.message) for problem in parse_template(text).problems}
        for problem in check_message(text, keys=keys):
            rule = "message" if (problem.offset, problem.message) in unreadable else "message-variable"
            yield rule, f"$.{place}", f"line {problem.line}, column {problem.column}: {problem.message}"


def handles(subject: Subject) -> Iterator[Found]:
    """Who is told of an alert, and of its end."""
    alerted, recovered = _called(subject, State.OK, State.ALERT), _called(subject, State.ALERT, State.OK)
    for handle in alerted:
        if _ON_CALL.match(handle) and handle not in recovered:
            yield "on-call-recovery", "$.message", f"@{handle} is not told when it recovers"
    if not alerted and subject.monitor.type != "composite":
        yield "nobody-told", "$.message", "the message has no handle"


def names(subject: Subject) -> Iterator[Found]:
    """Metrics and tags that nobody has sent."""
    known = subject.known
    if known is None:
        return
    for one in _metric_queries(subject):
        if one.metric not in known.metrics:
            yield "unknown-metric", "$.query", f"{one.metric}{_near(one.metric, known.metrics)}"
            continue
        keys = known.tags.get(one.metric)
        for key in dict.fromkeys((*_scope_keys(one.scope), *one.by)):
            if keys is not None and key not in keys:
                yield "unknown-tag", "$.query", f"{key} of {one.metric}{_near(key, keys)}"


def approximations(subject: Subject) -> Iterator[Found]:
    """Algorithms whose numbers are our own."""
    call = _algorithm(subject)
    if call is not None:
        yield "approximation", "$.query", f"{call.name}()"


CHECKS: Final[tuple[Check, ...]] = (
    thresholds, variables, bounds, missing_data, anomaly_windows, renotification, deprecated, reach, rollups, ratios, below,
    message, handles, names, approximations,
)  # fmt: skip


def _algorithm(subject: Subject) -> Call | None:
    query = subject.query
    call = query.expression if isinstance(query, MetricMonitorQuery) else None
    return call if isinstance(call, Call) and call.name in ("anomalies", "outliers", "forecast") else None


def _metric_queries(subject: Subject) -> list[MetricQuery]:
    """Those of the query, and those of a formula's variables."""
    if isinstance(subject.query, MetricMonitorQuery):
        return [one for one in queries_in(subject.query.expression) if isinstance(one, MetricQuery)]
    if not isinstance(subject.query, FormulaMonitorQuery):
        return []
    found: list[MetricQuery] = []
    for variable in subject.monitor.options.variables:
        if variable.get("data_source") == "metrics":
            try:
                expression = parse_expression(str(variable.get("query")))
            except QueryError:
                continue  # told when the formula is prepared
            found += [one for one in queries_in(expression) if isinstance(one, MetricQuery)]
    return found


def _calls(expression: Expression) -> Iterator[Call]:
    if isinstance(expression, Call):
        yield expression
        for argument in expression.arguments:
            yield from _calls(argument)
    elif isinstance(expression, Arithmetic):
        yield from _calls(expression.left)
        yield from _calls(expression.right)


def _divides(expression: Expression) -> bool:
    """Whether it is a ratio of two queries."""
    match expression:
        case Arithmetic("/", left, right):
            return _asks(left) and _asks(right)
        case Arithmetic(_, left, right):
            return _divides(left) or _divides(right)
        case Call(_, arguments):
            return any(map(_divides, arguments))
        case _:
            return False


def _asks(expression: Expression) -> bool:
    return any(isinstance(one, MetricQuery | Variable) for one in queries_in(expression))


def _rollup_s(query: MetricQuery) -> int:
    """Seconds of an explicit rollup, 0 without."""
    rollup = query.modifier("rollup")
    arguments = rollup.arguments if rollup is not None else ()
    return next((int(one.value) for one in arguments if isinstance(one, Number)), 0)


def _keys(subject: Subject) -> set[str] | None:
    """Keys that messages may speak of; None where they are not known."""
    match subject.query:
        case MetricMonitorQuery():
            keys = {key for one in _metric_queries(subject) for key in one.by}
            return keys | {key for one in _metric_queries(subject) for key in _scope_keys(one.scope)}
        case EventMonitorQuery(by=by):
            return set(by) | {"host", "service", "env"}
        case CheckMonitorQuery(by=by) if "*" not in by:
            return set(by) | {"host"}
        case _:
            return None


def _scope_keys(scope: Scope) -> Iterator[str]:
    match scope:
        case TagMatch(key, value) if value is not None:
            yield key
        case TagIn(key, _):
            yield key
        case ScopeNot(term):
            yield from _scope_keys(term)
        case ScopeAnd(terms) | ScopeOr(terms):
            for term in terms:
                yield from _scope_keys(term)


def _called(subject: Subject, before: State, after: State) -> tuple[str, ...]:
    """Handles of a notification, the group's tags unknown."""
    kind = "alert" if after is State.ALERT else "recovery"
    transition = Transition(
        monitor_id=0,
        group="*",
        time_s=0.0,
        before=before,
        after=after,
        kind=kind,
        reason="",
        notify=True,
        triggered_s=0.0,
    )
    return render_notification(subject.monitor, transition).handles


def _near(name: str, known: frozenset[str]) -> str:
    """`; is it llm.request.count?`, where a name is much like another."""
    close = get_close_matches(name, sorted(known)[:5000], n=1, cutoff=0.7)
    return f"; is it {close[0]}?" if close else ""

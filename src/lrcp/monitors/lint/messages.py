"""Checks of the message: what will stand there as it is written, and who is told."""

import re
from collections.abc import Iterator
from typing import Final

from lrcp.model.monitor_state import State, Transition
from lrcp.monitors.lint.finding import Subject
from lrcp.monitors.lint.trees import Found, metric_queries, scope_keys
from lrcp.monitors.message.check import check_message
from lrcp.monitors.message.parser import parse_template
from lrcp.monitors.message.render import render_notification
from lrcp.query.monitor.ast import CheckMonitorQuery, EventMonitorQuery, MetricMonitorQuery

_ON_CALL: Final = re.compile(r"(oncall|pagerduty|opsgenie)(-|\Z)")


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


def _keys(subject: Subject) -> set[str] | None:
    """Keys that messages may speak of; None where they are not known."""
    match subject.query:
        case MetricMonitorQuery():
            keys = {key for one in metric_queries(subject) for key in one.by}
            return keys | {key for one in metric_queries(subject) for key in scope_keys(one.scope)}
        case EventMonitorQuery(by=by):
            return set(by) | {"host", "service", "env"}
        case CheckMonitorQuery(by=by) if "*" not in by:
            return set(by) | {"host"}
        case _:
            return None


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

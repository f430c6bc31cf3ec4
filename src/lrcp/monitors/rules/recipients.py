"""Whom notification rules add to a notification."""

from collections.abc import Iterable

from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import Transition
from lrcp.monitors.downtime.matching import groups_of, tags_of_group_name
from lrcp.monitors.message.conditions import CONDITIONS
from lrcp.monitors.message.context import Context
from lrcp.monitors.message.values import Values
from lrcp.monitors.rules.definition import NotificationRule
from lrcp.query.metric.scope_match import compile_scope


def add_recipients(
    handles: tuple[str, ...], rules: Iterable[NotificationRule], monitor: Monitor, transition: Transition
) -> tuple[str, ...]:
    """The handles of a message, and behind them the recipients of every rule that fits, each once."""
    found = dict.fromkeys(handles)
    for rule in rules:
        found.update(dict.fromkeys(recipients_of(rule, monitor, transition)))
    return tuple(found)


def recipients_of(rule: NotificationRule, monitor: Monitor, transition: Transition) -> tuple[str, ...]:
    """Recipients of one rule for a transition; () when it does not fit.

    Conditions look at `transition_type`, which has the names of a message's conditions (`is_alert`, `is_recovery`, ...),
    and at the tags of the monitor and the group. All that hold add theirs; the fallback is for when none does.
    """
    tags = _tags(monitor, transition)
    if not (set(rule.tags) <= set(tags)):
        return ()
    if rule.scope is not None and not compile_scope(rule.scope)(tags):
        return ()
    if not rule.conditions:
        return rule.recipients
    known = (*tags, *_facts(monitor, transition))
    chosen = [recipient for one in rule.conditions if compile_scope(one.scope)(known) for recipient in one.recipients]
    return tuple(dict.fromkeys((*rule.recipients, *(chosen or rule.fallback))))


def _tags(monitor: Monitor, transition: Transition) -> tuple[str, ...]:
    own = [tag for group in groups_of(transition) for tag in tags_of_group_name(group)]
    return tuple(dict.fromkeys((*monitor.tags, *own)))


def _facts(monitor: Monitor, transition: Transition) -> list[str]:
    values = Values(monitor, transition, Context())
    return [f"transition_type:{name}" for name, one in CONDITIONS.items() if not one.takes and one.holds(values, ())]

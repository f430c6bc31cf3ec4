"""What is told of a transition: its message, the recipients that rules add, and the downtime that mutes it. Pure.

The scheduler and the lab tell by this one function.
"""

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import DATADOG_NAMES, GroupState, State, Transition
from lrcp.model.notification import Notification
from lrcp.monitors.downtime.definition import Downtime
from lrcp.monitors.downtime.matching import query_tags, tags_of_group_name
from lrcp.monitors.downtime.mute import mutes
from lrcp.monitors.evaluate.prepare import Prepared
from lrcp.monitors.message.context import Context, Part
from lrcp.monitors.message.render import render_notification
from lrcp.monitors.message.values import tags_of
from lrcp.monitors.rules.definition import NotificationRule
from lrcp.monitors.rules.recipients import add_recipients
from lrcp.query.monitor.ast import CheckMonitorQuery, SloQuery

States = Mapping[int, Mapping[str, GroupState]]
"""States by monitor and group, after the tick."""


def tell(
    one: Prepared,
    transition: Transition,
    states: States,
    *,
    downtimes: Sequence[Downtime] = (),
    rules: Sequence[NotificationRule] = (),
    context: Context | None = None,
) -> tuple[Notification, ...]:
    """The notification of a transition, muted or not; none where the monitor's options do not let it notify.

    context: what is known beside the states (the log that was found, a host's tags, a link); else context_of.
    """
    if not transition.notify:
        return ()
    monitor = one.monitor
    told = render_notification(monitor, transition, context or context_of(one, transition, states))
    handles = add_recipients(told.handles, rules, monitor, transition)
    return (replace(told, handles=handles, muted_by=mutes(downtimes, monitor, transition)),)


def context_of(one: Prepared, transition: Transition, states: States) -> Context:
    """What the states and the query alone say about a transition."""
    known = states.get(one.monitor.id, {}).get(transition.group)
    again = transition.kind == "renotify" or transition.after is State.OK
    return Context(
        tags=(*tags_of(transition), *_tags_of_query(one.monitor, transition)),
        parts=_parts(one, transition.group, states),
        last_triggered_s=known.last_triggered_s if known is not None and again else None,
        check_message=_check_message(one, transition),
        timeframe=_timeframe(one),
        long_window_burn_rate=transition.facts.get("long_window_burn_rate"),
        short_window_burn_rate=transition.facts.get("short_window_burn_rate"),
    )


def _tags_of_query(monitor: Monitor, transition: Transition) -> list[str]:
    """Tags that the query has narrowed every group to, of keys that the group itself does not have."""
    own = {
        tag.partition(":")[0] for name in transition.members or (transition.group,) for tag in tags_of_group_name(name)
    }
    return [tag for tag in query_tags(monitor.type, monitor.query) if tag.partition(":")[0] not in own]


def _parts(one: Prepared, group: str, states: States) -> dict[str, Part]:
    """The monitors of a composite by letter, in the order of its query."""
    if one.monitor.type != "composite":
        return {}
    return {
        letter: _part(states.get(reference, {}), group)
        for letter, reference in zip("abcdefghij", one.references, strict=False)
    }


def _part(groups: Mapping[str, GroupState], group: str) -> Part:
    """The group of the same name, else the worst one."""
    found = groups.get(group) or max(groups.values(), key=lambda state: state.state, default=None)
    return Part() if found is None else Part(status=DATADOG_NAMES[found.state], value=found.value)


def _check_message(one: Prepared, transition: Transition) -> str:
    """What the service check said: it stands behind the reason (evaluate/checks.py)."""
    return transition.reason.partition(": ")[2] if isinstance(one.query, CheckMonitorQuery) else ""


def _timeframe(one: Prepared) -> str:
    return f"{one.query.over.amount}{one.query.over.unit}" if isinstance(one.query, SloQuery) else ""

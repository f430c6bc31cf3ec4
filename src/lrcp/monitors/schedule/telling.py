"""Telling: the notifications of a transition, as the definitions in force want them."""

from collections.abc import Mapping
from string import ascii_lowercase

import msgspec

from lrcp.model.monitor_state import DATADOG_NAMES, GroupState, Transition
from lrcp.model.notification import Notification
from lrcp.monitors.downtime.mute import mutes
from lrcp.monitors.evaluate.prepare import Prepared
from lrcp.monitors.groups import EVERYTHING
from lrcp.monitors.message.context import Context, Part
from lrcp.monitors.message.render import render_notification
from lrcp.monitors.rules.recipients import add_recipients
from lrcp.monitors.schedule.definitions import Definitions

States = Mapping[int, Mapping[str, GroupState]]


def tell(
    one: Prepared, transition: Transition, current: Definitions, states: States, *, address: str
) -> tuple[Notification, ...]:
    """What is to be told, muted or not; nothing where the transition does not notify.

    Args:
        states: of all monitors as this tick leaves them, for the parts of a composite. address: of the web app.
    """
    if not transition.notify:
        return ()
    context = Context(link=f"{address}/monitors/{one.monitor.id}", parts=_parts(one, transition.group, states))
    told = render_notification(one.monitor, transition, context)
    handles = add_recipients(told.handles, current.rules, one.monitor, transition)
    muted_by = mutes(current.downtimes, one.monitor, transition)
    return (msgspec.structs.replace(told, handles=handles, muted_by=muted_by),)


def _parts(one: Prepared, group: str, states: States) -> dict[str, Part]:
    """The parts of a composite, a, b, c in the order of its query, each by the same group where there is one."""
    parts = {}
    for letter, id in zip(ascii_lowercase, one.references, strict=False):
        groups = states.get(id, {})
        state = groups.get(group) or groups.get(EVERYTHING) or max(groups.values(), key=_severity, default=None)
        if state is not None:
            parts[letter] = Part(status=DATADOG_NAMES[state.state], value=state.value)
    return parts


def _severity(state: GroupState) -> int:
    return state.state

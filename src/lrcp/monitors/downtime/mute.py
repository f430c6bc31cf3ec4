"""Whether a notification is muted, and by what: downtimes, and the older `silenced` of a monitor's options."""

from collections.abc import Iterable, Mapping
from typing import Final

from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.monitors.downtime.active import Interval, find_ended, find_interval
from lrcp.monitors.downtime.definition import Downtime
from lrcp.monitors.downtime.matching import groups_of, means_group, means_monitor
from lrcp.monitors.downtime.scope import parse_downtime_scope
from lrcp.query.errors import QueryError

SILENCED: Final = "silenced"
"""What is named where options.silenced mutes."""

_ENDINGS: Final = {
    State.ALERT: ("alert", "alert"),
    State.WARN: ("warn", "warning"),
    State.NO_DATA: ("no data", "no_data"),
}
"""State -> its word in notify_end_states, and the kind of transition that tells of it."""


def is_muted(downtimes: Iterable[Downtime], monitor: Monitor, group: str, at_s: float) -> Downtime | None:
    """The downtime that silences a group of a monitor at a time, None when none does.

    group: as in a Transition, `*` for a monitor without groups. at_s: Unix seconds.
    """
    return next((downtime for downtime, _ in _in_force(downtimes, monitor, group, at_s)), None)


def mutes(downtimes: Iterable[Downtime], monitor: Monitor, transition: Transition) -> str:
    """What mutes the notification of a transition: a downtime's id, SILENCED, or '' when it is told.

    With notify_by, all groups that it speaks of must be muted. A recovery of an alert that began before the downtime is
    told, once, unless a downtime in force says otherwise (mute_first_recovery).
    """
    known = list(downtimes)
    found = [_mutes_group(known, monitor, transition, group) for group in groups_of(transition)]
    return found[0] if found and all(found) else ""


def _mutes_group(downtimes: list[Downtime], monitor: Monitor, transition: Transition, group: str) -> str:
    if _is_silenced(monitor, group, transition.time_s):
        return SILENCED
    in_force = _in_force(downtimes, monitor, group, transition.time_s)
    if not in_force:
        return ""
    begun_s = transition.triggered_s
    recovers = transition.after is State.OK and transition.before > State.OK
    first = recovers and begun_s is not None and all(begun_s < interval.start_s for _, interval in in_force)
    if first:
        return next((downtime.id for downtime, _ in in_force if downtime.mute_first_recovery), "")
    return in_force[0][0].id


def _in_force(
    downtimes: Iterable[Downtime], monitor: Monitor, group: str, at_s: float
) -> list[tuple[Downtime, Interval]]:
    found = []
    for downtime in downtimes:
        interval = find_interval(downtime, at_s)
        if interval is not None and means_monitor(downtime, monitor) and means_group(downtime.scope, monitor, group):
            found.append((downtime, interval))
    return found


def _is_silenced(monitor: Monitor, group: str, at_s: float) -> bool:
    for scope, until_s in monitor.options.silenced.items():
        if until_s is not None and at_s >= until_s:
            continue
        try:
            if means_group(parse_downtime_scope(scope), monitor, group):
                return True
        except QueryError:
            continue  # an older scope that cannot be read silences nothing
    return False


def tell_ended(
    downtimes: Iterable[Downtime],
    monitor: Monitor,
    states: Mapping[str, GroupState],
    since_s: float,
    at_s: float,
) -> list[Transition]:
    """A transition for each group that is still not OK when the downtime over it has ended in (since_s, at_s].

    Its state before and after is the same; what else mutes it is asked as always.
    """
    told: dict[str, Transition] = {}
    for downtime in downtimes:
        ended = find_ended(downtime, since_s, at_s)
        if not ended or not means_monitor(downtime, monitor):
            continue
        for interval in ended:
            if ("canceled" if interval.canceled else "expired") in downtime.notify_end_types:
                for transition in _still_bad(downtime, monitor, states, at_s):
                    told.setdefault(transition.group, transition)
    return list(told.values())


def _still_bad(
    downtime: Downtime, monitor: Monitor, states: Mapping[str, GroupState], at_s: float
) -> Iterable[Transition]:
    for state in states.values():
        word, kind = _ENDINGS.get(state.state, ("", ""))
        if word not in downtime.notify_end_states or not means_group(downtime.scope, monitor, state.group):
            continue
        yield Transition(
            monitor_id=monitor.id,
            group=state.group,
            time_s=at_s,
            before=state.state,
            after=state.state,
            kind=kind,
            reason=f"the downtime {downtime.id} has ended, and the group is still in {word}",
            notify=True,
            value=state.value,
            triggered_s=state.triggered_s,
        )

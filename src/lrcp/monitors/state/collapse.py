"""notify_by: the groups stay what they are, and notify together by fewer keys. Source: DATADOG.md 3.4 and 3.7.14."""

from collections.abc import Iterator
from dataclasses import replace as with_rules

from msgspec.structs import replace

from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.monitors.groups import narrow_group
from lrcp.monitors.state.advance import TRIGGERED, Finding, advance, was_told
from lrcp.monitors.state.work import Outcome, Work


def collapse(work: Work, wanted: tuple[str, ...]) -> None:
    """Add one transition for each joint group whose worst state changed, or that is due to renotify.

    Groups that are OK before and after take no part, so only those that were looked at one by one are joined.
    """
    joint: dict[str, list[Outcome]] = {}
    for outcome in work.outcomes:
        if not outcome.waiting:
            joint.setdefault(narrow_group(outcome.before.group, work.observation.keys, wanted), []).append(outcome)
    for name, members in joint.items():
        transition = _advance(work, name, members)
        if transition is not None:
            work.transitions.append(transition)
        _mark(work, members, transition)


def _advance(work: Work, name: str, members: list[Outcome]) -> Transition | None:
    before = _joint_state(name, [member.before for member in members])
    worst = max(members, key=lambda member: member.after.state)
    finding = Finding(_at_least_ok(worst.after.state), worst.value, worst.reason)
    rules = with_rules(work.rules, notify_by=None)
    _, transition = advance(work.monitor_id, before, finding, rules, work.at_s)
    if transition is None:
        return None
    return replace(transition, members=tuple(_concerned(members, transition)))


def _joint_state(name: str, members: list[GroupState]) -> GroupState:
    """The worst of them, triggered with the first, told with the first."""
    triggered = [member for member in members if member.state in TRIGGERED]
    told = [member.notified_s for member in triggered if member.notified_s is not None]
    begun = [member.triggered_s for member in triggered if member.triggered_s is not None]
    return GroupState(
        group=name,
        state=_at_least_ok(max(member.state for member in members)),
        triggered_s=min(begun, default=None),
        notified_s=min(told, default=None),
        renotified=max((member.renotified for member in triggered), default=0),
    )


def _at_least_ok(state: State) -> State:
    return State.OK if state is State.SKIPPED else state


def _concerned(members: list[Outcome], transition: Transition) -> Iterator[str]:
    """Those that are not OK; of a recovery those that were not."""
    over = transition.after is State.OK
    for member in members:
        if (member.before if over else member.after).state in TRIGGERED:
            yield member.after.group


def _mark(work: Work, members: list[Outcome], transition: Transition | None) -> None:
    """Whoever is not OK has been told of: now, or by the notification that its joint group had before."""
    told = any(one.before.state in TRIGGERED and was_told(one.before) for one in members)
    notified = transition is not None and transition.notify
    if not notified and not told:
        return
    for member in members:
        joins = member.before.state not in TRIGGERED
        if member.after.state in TRIGGERED and (notified or joins):
            renotified = transition.renotified if notified and transition is not None else 0
            state = replace(member.after, notified_s=work.at_s, renotified=renotified)
            work.changed[state.group] = state
            member.after = state

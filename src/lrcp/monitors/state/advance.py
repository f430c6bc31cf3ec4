"""One group, one step: the state it was in and what was found give the state it is in, and a transition or none.

Source: DATADOG.md 3.5; checked by tests/unit/monitors/state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.monitors.state.rules import RENOTIFY_STOP_S, Missing, Rules

TRIGGERED: Final = frozenset({State.ALERT, State.WARN, State.NO_DATA})
"""States that trigger and renotify."""

_KINDS: Final = {
    (State.WARN, State.ALERT): "warning_to_alert",
    (State.ALERT, State.WARN): "alert_to_warning",
    (State.ALERT, State.OK): "recovery",
    (State.WARN, State.OK): "warning_recovery",
    (State.NO_DATA, State.OK): "no_data_recovery",
    (State.UNKNOWN, State.OK): "unknown_recovery",
}
_KINDS_INTO: Final = {
    State.ALERT: "alert",
    State.WARN: "warning",
    State.NO_DATA: "no_data",
    State.UNKNOWN: "unknown",
}


@dataclass(slots=True)
class Finding:
    """What an evaluation says of one group. state None: as it was. kind: of a transition that is not told by its states."""

    state: State | None
    value: float | None
    reason: Callable[[], str]
    threshold: float | None = None
    kind: str = ""


def advance(
    monitor_id: int, before: GroupState, finding: Finding, rules: Rules, at_s: float
) -> tuple[GroupState, Transition | None]:
    """The new state (the same object where nothing changed) and the transition that led to it."""
    after = before.state if finding.state is None else finding.state
    if rules.independent and after in TRIGGERED and finding.state is not None:
        before = replace(before, state=State.OK, triggered_s=None)
    if after is before.state:
        return _renotify(monitor_id, before, finding, rules, at_s)
    state = _entered(before, after, finding, at_s)
    if before.state is State.SKIPPED and after is State.OK:
        return state, None
    notify = _notifies(before, after, rules)
    transition = Transition(
        monitor_id=monitor_id,
        group=before.group,
        time_s=at_s,
        before=before.state,
        after=after,
        kind=finding.kind or _KINDS.get((before.state, after)) or _KINDS_INTO[after],
        reason=finding.reason(),
        notify=notify,
        value=finding.value,
        threshold=finding.threshold,
        triggered_s=state.triggered_s if after in TRIGGERED else before.triggered_s,
    )
    return (replace(state, notified_s=at_s) if notify else state), transition


def _entered(before: GroupState, after: State, finding: Finding, at_s: float) -> GroupState:
    """The state with the times of its entry; what triggered goes on being so from ALERT to WARN and back."""
    goes_on = before.state in TRIGGERED and before.triggered_s is not None
    triggered_s = (before.triggered_s if goes_on else at_s) if after in TRIGGERED else None
    return replace(
        before,
        state=after,
        since_s=at_s,
        value=before.value if finding.value is None else finding.value,
        triggered_s=triggered_s,
        last_triggered_s=at_s if after in (State.ALERT, State.WARN) else before.last_triggered_s,
        last_resolved_s=at_s if after is State.OK and before.state is not State.SKIPPED else before.last_resolved_s,
        last_nodata_s=at_s if after is State.NO_DATA else before.last_nodata_s,
        renotified=0,
    )


def _notifies(before: GroupState, after: State, rules: Rules) -> bool:
    """A recovery notifies whoever was told of what it ends; NO_DATA only where the options ask for it."""
    if rules.silent or rules.notify_by is not None:
        return False
    if after is State.NO_DATA:
        return rules.missing is Missing.NOTIFY
    if after is State.OK:
        return not rules.independent and was_told(before)
    return True


def was_told(state: GroupState) -> bool:
    """Whether a notification of what the group is in now has gone out."""
    begun_s = state.since_s if state.triggered_s is None else state.triggered_s
    return state.notified_s is not None and begun_s is not None and state.notified_s >= begun_s


def _renotify(
    monitor_id: int, before: GroupState, finding: Finding, rules: Rules, at_s: float
) -> tuple[GroupState, Transition | None]:
    if not _is_renotification_due(before, rules, at_s):
        return before, None
    value = before.value if finding.value is None else finding.value
    state = replace(before, value=value, notified_s=at_s, renotified=before.renotified + 1)
    return state, Transition(
        monitor_id=monitor_id,
        group=before.group,
        time_s=at_s,
        before=before.state,
        after=before.state,
        kind="renotify",
        reason=finding.reason(),
        notify=True,
        value=value,
        threshold=finding.threshold,
        triggered_s=before.triggered_s,
        renotified=state.renotified,
    )


def _is_renotification_due(state: GroupState, rules: Rules, at_s: float) -> bool:
    """Of something that was told, an interval after it was; a fixed number of times, or until 30 hours have gone."""
    if rules.renotify_s is None or state.state not in rules.renotify_states or rules.silent or rules.independent:
        return False
    if rules.notify_by is not None or not was_told(state) or at_s - (state.notified_s or 0.0) < rules.renotify_s:
        return False
    if rules.renotify_occurrences is not None:
        return state.renotified < rules.renotify_occurrences
    return at_s - (state.triggered_s or 0.0) <= RENOTIFY_STOP_S

"""Work: one monitor's step while it is being done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.monitors.observation import Observation
from lrcp.monitors.state.advance import Finding, advance
from lrcp.monitors.state.judge import Limits
from lrcp.monitors.state.rules import Rules


@dataclass(slots=True)
class Outcome:
    """What became of one group that was looked at one by one."""

    before: GroupState
    after: GroupState
    value: float | None
    reason: Callable[[], str]
    waiting: bool = False


@dataclass(slots=True)
class Work:
    """lost_s: time in which nobody evaluated, beyond the usual. evaluated_s: the evaluation before, None for the first.

    changed, gone, transitions, outcomes: what comes of it. left_out: groups beyond the bound.
    """

    monitor_id: int
    observation: Observation
    names: list[str]
    rules: Rules
    limits: Limits
    states: Mapping[str, GroupState]
    at_s: float
    evaluated_s: float | None
    lost_s: float = 0.0
    changed: dict[str, GroupState] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    quiet: list[int] = field(default_factory=list)
    admitted: int = 0
    left_out: int = 0

    def settle(self, stored: GroupState | None, before: GroupState, finding: Finding) -> None:
        """Take a finding to a group. stored: as it is remembered; before: as it is to be seen now (data or none)."""
        after, transition = advance(self.monitor_id, before, finding, self.rules, self.at_s)
        if after is not stored:
            self.changed[after.group] = after
        if transition is not None:
            self.transitions.append(transition)
        self.outcomes.append(Outcome(before, after, finding.value, finding.reason))

    def wait(
        self, stored: GroupState | None, state: GroupState, value: float | None, reason: Callable[[], str]
    ) -> None:
        """Leave a group as it is, and say why; not even a renotification."""
        if state is not stored:
            self.changed[state.group] = state
        self.outcomes.append(Outcome(state, state, value, reason, waiting=True))

    def known(self, name: str) -> GroupState | None:
        """A group as it is remembered; times that lie ahead, after a clock was set back, count as now."""
        state = self.states.get(name)
        if state is None or self.evaluated_s is None or self.evaluated_s <= self.at_s:
            return state
        return not_ahead(state, self.at_s)


def not_ahead(state: GroupState, at_s: float) -> GroupState:
    """The state with no time behind `at_s`; the same object where there is none."""
    ahead = {
        name: at_s
        for name in ("since_s", "seen_s", "data_s", "missing_s", "triggered_s", "notified_s")
        if (time_s := getattr(state, name)) is not None and time_s > at_s
    }
    return replace(state, **ahead) if ahead else state


def as_state(code: int) -> State | None:
    """The State of a level, None for HOLD."""
    return None if code < 0 else _STATES[code]


_STATES: Final = tuple(State)
"""By their numbers; asking the enumeration costs a twelfth of a tick with many groups."""

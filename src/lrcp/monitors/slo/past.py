"""What states monitors were in: the port, and it over stored transitions. Source: DATADOG.md 3.9."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from lrcp.model.monitor import Monitor, Options
from lrcp.model.monitor_state import GroupState, State, Transition


@dataclass(frozen=True, slots=True)
class GroupPast:
    """before: the state at the beginning, None: the group was not there yet. changes: (Unix seconds, state), in order."""

    before: State | None
    changes: tuple[tuple[float, State], ...] = ()


@dataclass(frozen=True, slots=True)
class MonitorPast:
    """A monitor in a period. groups: by name, `*` without groups. no_data_is_down: whether No Data counts against it."""

    monitor_id: int
    name: str = ""
    type: str = ""
    modified_s: int = 0
    groups: Mapping[str, GroupPast] = field(default_factory=dict)
    no_data_is_down: bool = False


class PastStates(Protocol):
    """Knows what monitors went through."""

    def find(self, monitor_id: int, from_s: int, to_s: int) -> MonitorPast | None:
        """One monitor in [from_s, to_s), None when there is no such monitor.

        Raises: UnavailableError - the state database cannot be reached.
        """


class StateRecords(Protocol):
    """Where transitions and groups are stored: MonitorStateStore is one."""

    def transitions(
        self,
        *,
        monitor_id: int | None = None,
        since_ns: int = 0,
        until_ns: int = 2**63 - 1,
        limit: int = 10_000,
        newest_first: bool = False,
    ) -> list[Transition]:
        """Transitions in [since_ns, until_ns)."""

    def groups(self, monitor_id: int, limit: int = 1_000) -> list[GroupState]:
        """Groups as they are now."""


class Definitions(Protocol):
    """Where definitions are found."""

    def find_monitor(self, monitor_id: int) -> Monitor | None:
        """A monitor, None when there is none."""


MAX_TRANSITIONS = 200_000
"""Of one monitor in one period; the newest count."""


class StoredPast:
    """PastStates over what the server has stored; calls block."""

    def __init__(self, records: StateRecords, definitions: Definitions) -> None:
        self._records = records
        self._definitions = definitions

    def find(self, monitor_id: int, from_s: int, to_s: int) -> MonitorPast | None:
        """As PastStates.find. The state that a period begins with is told by the first transition from then on."""
        monitor = self._definitions.find_monitor(monitor_id)
        if monitor is None:
            return None
        found = self._records.transitions(
            monitor_id=monitor_id, since_ns=from_s * 10**9, limit=MAX_TRANSITIONS, newest_first=True
        )
        modified_s = monitor.modified_ns // 10**9
        groups = past_of_groups(reversed(found), self._records.groups(monitor_id), from_s, to_s, modified_s)
        down = no_data_counts_against(monitor.options)
        return MonitorPast(monitor_id, monitor.name, monitor.type, modified_s, groups, down)


def past_of_groups(
    transitions: Iterable[Transition], groups: Sequence[GroupState], from_s: float, to_s: float, modified_s: float = 0.0
) -> dict[str, GroupPast]:
    """The past of each group in [from_s, to_s).

    Args:
        transitions: all from from_s on, also those after to_s, oldest first. groups: as they are now, after all of them.
        modified_s: when the definition was last changed: states from before it that are remembered no more ended then.
    """
    before: dict[str, State | None] = {}
    changes: dict[str, list[Change]] = {}
    for one in transitions:
        before.setdefault(one.group, None if one.before is State.SKIPPED else one.before)
        if one.before is not one.after:
            changes.setdefault(one.group, []).append((one.time_s, one.after))
    now = {state.group: state for state in groups}
    for name in before.keys() | now.keys():
        known = name in before
        changes[name] = _with_restart(changes.get(name, []), now.get(name), known, from_s, modified_s)
        if not known:
            before[name] = now[name].state if not changes[name] else None
    return {name: GroupPast(first, tuple(c for c in changes[name] if c[0] < to_s)) for name, first in before.items()}


Change = tuple[float, State]


def _with_restart(
    changes: list[Change], state: GroupState | None, known: bool, from_s: float, modified_s: float
) -> list[Change]:
    """Changes with the moment at which a group was forgotten, or seen for the first time (again)."""
    if state is None:
        ended = not changes or changes[-1][0] < modified_s
        return [*changes, (modified_s, State.OK)] if ended and modified_s > from_s else changes
    seen_s = from_s if state.seen_s is None else state.seen_s
    earlier = [change for change in changes if change[0] < seen_s]
    later = changes[len(earlier) :]
    if seen_s <= from_s or (known and not earlier):
        return changes
    return [*earlier, (seen_s, State.OK if later else state.state), *later]


def no_data_counts_against(options: Options) -> bool:
    """No Data is downtime where it notifies, and uptime everywhere else."""
    if options.on_missing_data is not None:
        return options.on_missing_data == "show_and_notify_no_data"
    return options.notify_no_data

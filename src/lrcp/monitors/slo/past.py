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
        groups = past_of_groups(reversed(found), self._records.groups(monitor_id), from_s, to_s)
        return MonitorPast(
            monitor_id,
            monitor.name,
            monitor.type,
            monitor.modified_ns // 10**9,
            groups,
            no_data_counts_against(monitor.options),
        )


def past_of_groups(
    transitions: Iterable[Transition], groups: Sequence[GroupState], from_s: float, to_s: float
) -> dict[str, GroupPast]:
    """The past of each group in [from_s, to_s).

    Args:
        transitions: all from from_s on, also those after to_s, oldest first. groups: as they are now, after all of them.
    """
    found: dict[str, GroupPast] = {}
    changes: dict[str, list[tuple[float, State]]] = {}
    first: dict[str, State | None] = {}
    for one in transitions:
        first.setdefault(one.group, None if one.before is State.SKIPPED else one.before)
        if one.time_s < to_s and one.before is not one.after:
            changes.setdefault(one.group, []).append((one.time_s, one.after))
    for state in groups:
        if state.group not in first:
            seen_s = from_s if state.seen_s is None else state.seen_s
            first[state.group] = state.state if seen_s <= from_s else None
            if from_s < seen_s < to_s:
                changes[state.group] = [(seen_s, state.state)]
    for group, before in first.items():
        found[group] = GroupPast(before, tuple(changes.get(group, ())))
    return found


def no_data_counts_against(options: Options) -> bool:
    """No Data is downtime where it notifies, and uptime everywhere else."""
    if options.on_missing_data is not None:
        return options.on_missing_data == "show_and_notify_no_data"
    return options.notify_no_data

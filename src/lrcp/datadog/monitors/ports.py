"""What the monitors' API needs of the states: fulfilled by lrcp.store.state.monitor_states.MonitorStateStore."""

from collections.abc import Collection, Mapping
from typing import Protocol

from lrcp.model.monitor_state import GroupState
from lrcp.model.monitor_tick import MonitorStatus


class MonitorStates(Protocol):
    """States of monitors; every call blocks and may raise UnavailableError."""

    def statuses(self) -> Mapping[int, MonitorStatus]:
        """Each evaluated monitor as a whole."""

    def groups(self, monitor_id: int, limit: int = 1_000) -> list[GroupState]:
        """A monitor's groups, the most worrying first."""

    def load(self) -> Mapping[int, Mapping[str, GroupState]]:
        """Every group that is remembered, by monitor and name."""

    def forget(self, monitor_ids: Collection[int]) -> None:
        """Drop the states of monitors that are no more."""

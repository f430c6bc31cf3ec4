"""What the monitors of a case went through so far, for SLOs that are judged by monitors."""

from collections.abc import Mapping

from lrcp.model.monitor import Monitor
from lrcp.model.monitor_state import GroupState, Transition
from lrcp.monitors.slo.past import MonitorPast, no_data_counts_against, past_of_groups


class CasePast:
    """PastStates over a case that runs. states: of its groups, by monitor, as the last tick left them; not copied."""

    def __init__(self, monitors: Mapping[str, Monitor], states: Mapping[int, Mapping[str, GroupState]]) -> None:
        self._monitors = {monitor.id: monitor for monitor in monitors.values()}
        self._states = states
        self._transitions: dict[int, list[Transition]] = {}

    def add(self, transition: Transition) -> None:
        """The next one, in the order of time."""
        self._transitions.setdefault(transition.monitor_id, []).append(transition)

    def find(self, monitor_id: int, from_s: int, to_s: int) -> MonitorPast | None:
        """As PastStates.find."""
        monitor = self._monitors.get(monitor_id)
        if monitor is None:
            return None
        later = [one for one in self._transitions.get(monitor_id, ()) if one.time_s >= from_s]
        groups = list(self._states.get(monitor_id, {}).values())
        past = past_of_groups(later, groups, from_s, to_s)
        down = no_data_counts_against(monitor.options)
        return MonitorPast(monitor_id, monitor.name, monitor.type, 0, past, down)

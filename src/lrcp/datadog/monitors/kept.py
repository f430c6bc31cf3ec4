"""Monitors as they are kept, with their states and the downtimes that silence them."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from lrcp.datadog.documents import Documents
from lrcp.datadog.downtimes.matching import find_matching
from lrcp.datadog.downtimes.older import render_match
from lrcp.datadog.errors import not_found
from lrcp.datadog.monitors.ports import MonitorStates
from lrcp.datadog.monitors.view import NEW_STATE
from lrcp.datadog.times import exact_s
from lrcp.model.monitor_state import GroupState, State
from lrcp.model.monitor_tick import MonitorStatus
from lrcp.model.resource import Resource


class KeptMonitors:
    """Documents of monitors and what belongs to them; states are read on threads."""

    def __init__(self, monitors: Documents, downtimes: Documents, states: MonitorStates) -> None:
        self.documents = monitors
        self._downtimes = downtimes
        self._states = states

    async def get(self, request: Request) -> Resource:
        """The monitor of a path. Raises: Refusal - 404 in the server's words."""
        found = await self.documents.find(str(request.path_params["id"]))
        if found is None:
            raise not_found("Monitor not found")
        return found

    async def groups(self, monitor: Resource) -> list[GroupState]:
        """A monitor's groups, the most worrying first."""
        return await asyncio.to_thread(self._states.groups, int(monitor.id))

    async def all_groups(self) -> dict[int, list[GroupState]]:
        """The groups of all monitors."""
        found = await asyncio.to_thread(self._states.load)
        return {id: list(groups.values()) for id, groups in found.items()}

    async def statuses(self) -> Mapping[int, MonitorStatus]:
        return await asyncio.to_thread(self._states.statuses)

    async def forget(self, ids: Sequence[str]) -> None:
        """Drop the states of monitors that were deleted."""
        await asyncio.to_thread(self._states.forget, [int(id) for id in ids])

    async def downtimes(self) -> list[Resource]:
        return await self._downtimes.find_all()

    def matching(
        self, monitor: Resource, downtimes: Sequence[Resource], groups: Sequence[GroupState]
    ) -> list[dict[str, Any]]:
        """Downtimes that silence it now, as `matching_downtimes` has them."""
        now_s = exact_s(self.documents.now_ns())
        names = [group.group for group in groups]
        found = find_matching(downtimes, monitor, names, now_s)
        return [
            render_match(downtime, int(monitor.id), ["total"] if silenced == ["*"] else silenced, now_s)
            for downtime, silenced in found
        ]


def state_of(monitor: Resource, statuses: Mapping[int, MonitorStatus]) -> State:
    """Its state as a whole; that of a new one before it was evaluated."""
    status = statuses.get(int(monitor.id))
    return NEW_STATE if status is None else status.state

"""The routes of /api/monitors."""

import asyncio
from collections import Counter
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Path, Query

from lrcp.api.monitors.schemas import (
    EvaluationList,
    MonitorDetail,
    MonitorList,
    NotificationPage,
    TransitionList,
    render_evaluation,
    render_group,
    render_head,
    render_notification,
    render_transition,
)
from lrcp.api.problems import ApiError, problem_responses
from lrcp.api.timerange import NS, TimeRange, parse_range
from lrcp.kit.clock import Clock
from lrcp.model.monitor_state import State, Transition
from lrcp.model.monitor_tick import MonitorEvaluation, MonitorStatus
from lrcp.model.resource import Resource
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.resources import ResourceStore

MONITOR: Final = "monitor"
"""Kind of the resources that are monitors."""

MonitorId = Annotated[int, Path(ge=0, le=2**53, examples=[10_001])]
Since = Annotated[str, Query(alias="from", description="ISO 8601, Unix seconds, or how long ago: 15m, 2h, 7d")]
Until = Annotated[str, Query(alias="to")]
_ERRORS: Final = problem_responses(404, 422, 503)


class EvaluationReader(Protocol):
    """Where evaluations are recorded."""

    async def read(
        self, monitor_id: int, *, since_s: int, until_s: int, limit: int, every_s: int = 1, groups: int = 100
    ) -> list[MonitorEvaluation]:
        """Newest first, within [since_s, until_s) Unix seconds: the last of every_s, each with its first groups.

        Raises: UnavailableError, BusyError.
        """


def monitor_router(
    resources: ResourceStore,
    states: MonitorStateStore,
    notifications: NotificationStore,
    evaluations: EvaluationReader,
    clock: Clock,
) -> APIRouter:
    """The routes over the state database, whose calls block, and the record of evaluations."""
    router = APIRouter(prefix="/api/monitors", tags=["Monitors"])

    @router.get("", summary="Monitors and their states", responses=problem_responses(503))
    async def list_monitors() -> MonitorList:
        """All of them. Definitions are made and changed at Datadog's own paths, `/api/v1/monitor`."""
        return await asyncio.to_thread(_list_monitors, resources, states)

    @router.get("/transitions", summary="Changes of state", responses=problem_responses(422, 503))
    async def list_transitions(
        since: Since = "1d",
        until: Until = "now",
        monitor_id: Annotated[int | None, Query(ge=0, le=2**53)] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> TransitionList:
        """Of all monitors or one, newest first."""
        asked = parse_range(since, until, clock.now_ns())
        found = await asyncio.to_thread(_find_transitions, states, asked, monitor_id, limit)
        return TransitionList(transitions=[render_transition(one) for one in found])

    @router.get("/notifications", summary="What was told", responses=problem_responses(422, 503))
    async def list_notifications(
        monitor_id: Annotated[int | None, Query(ge=0, le=2**53)] = None,
        before: Annotated[int | None, Query(ge=0, le=2**62, description="`next_before` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> NotificationPage:
        """Newest first, with those that a downtime muted."""
        page = await asyncio.to_thread(notifications.page, limit=limit + 1, before=before, monitor_id=monitor_id)
        shown = page[:limit]
        more = shown[-1].id if len(page) > limit else None
        return NotificationPage(notifications=[render_notification(one) for one in shown], next_before=more)

    @router.get("/{id}", summary="One monitor with its groups", responses=_ERRORS)
    async def get_monitor(id: MonitorId) -> MonitorDetail:
        """Its definition, in Datadog's JSON, and what each group is in."""
        return await asyncio.to_thread(_get_monitor, resources, states, id)

    _add_evaluations(router, resources, evaluations, clock)
    return router


def _add_evaluations(router: APIRouter, resources: ResourceStore, evaluations: EvaluationReader, clock: Clock) -> None:
    @router.get("/{id}/evaluations", summary="Why it did or did not fire", responses=_ERRORS)
    async def list_evaluations(
        id: MonitorId,
        since: Since = "1h",
        until: Until = "now",
        limit: Annotated[int, Query(ge=1, le=5000)] = 100,
        every_s: Annotated[int, Query(ge=1, le=86_400, description="The last of each so many seconds")] = 1,
        groups: Annotated[int, Query(ge=0, le=100, description="Of each at most so many groups")] = 100,
    ) -> EvaluationList:
        """Each evaluation with its values and reasons, newest first."""
        asked = parse_range(since, until, clock.now_ns())
        await asyncio.to_thread(_get_resource, resources, id)
        since_s, until_s = asked.from_ns // NS, -(-asked.to_ns // NS)
        found = await evaluations.read(
            id, since_s=since_s, until_s=until_s, limit=limit, every_s=every_s, groups=groups
        )
        return EvaluationList(evaluations=[render_evaluation(one) for one in found])


def _list_monitors(resources: ResourceStore, states: MonitorStateStore) -> MonitorList:
    statuses = states.statuses()
    found = resources.find_all(MONITOR)
    worst_first = sorted(found, key=lambda one: (-_severity(statuses.get(int(one.id))), str(one.document.get("name"))))
    heads = [render_head(one, statuses.get(int(one.id))) for one in worst_first]
    return MonitorList(monitors=heads, counts=dict(Counter(head.state for head in heads)))


def _severity(status: MonitorStatus | None) -> State:
    return State.SKIPPED if status is None else status.state


def _get_monitor(resources: ResourceStore, states: MonitorStateStore, id: int) -> MonitorDetail:
    resource = _get_resource(resources, id)
    status = states.statuses().get(id)
    head = render_head(resource, status)
    groups = [render_group(group, status.evaluated_s if status else None) for group in states.groups(id)]
    return MonitorDetail(monitor=head, definition=resource.document, groups=groups)


def _get_resource(resources: ResourceStore, id: int) -> Resource:
    found = resources.find(MONITOR, str(id))
    if found is None:
        raise ApiError(404, f"there is no monitor {id}")
    return found


def _find_transitions(
    states: MonitorStateStore, asked: TimeRange, monitor_id: int | None, limit: int
) -> list[Transition]:
    return states.transitions(
        monitor_id=monitor_id, since_ns=asked.from_ns, until_ns=asked.to_ns, limit=limit, newest_first=True
    )

"""The routes of /api/slos."""

import asyncio
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Path, Query

from lrcp.api.problems import ApiError, field_error, problem_responses
from lrcp.api.slos.schemas import SloDetail, SloList, render_head, render_history, render_slos
from lrcp.api.slos.statuses import StatusBoard
from lrcp.api.timerange import NS, parse_range
from lrcp.kit.clock import Clock
from lrcp.model.errors import InputError
from lrcp.model.resource import Resource
from lrcp.model.slo import DAYS, Slo, SloTarget
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.stored import CORRECTION, SLO, applies_to, slo_of
from lrcp.store.state.resources import ResourceStore

MONITOR: Final = "monitor"
ALERT: Final = "slo alert"

Since = Annotated[str, Query(alias="from", description="ISO 8601, Unix seconds, or how long ago; empty: the timeframe")]
Until = Annotated[str, Query(alias="to")]


def slo_router(resources: ResourceStore, reader: SloReader, clock: Clock) -> APIRouter:
    """The routes over the state database, whose calls block, and the telemetry that a reader reads."""
    router = APIRouter(prefix="/api/slos", tags=["SLOs"])
    board = StatusBoard(resources, reader, clock)

    @router.get("", summary="SLOs and their error budgets", responses=problem_responses(429, 503))
    async def list_slos() -> SloList:
        """All of them, with what they are at over each of their timeframes, at most ten seconds old."""
        return render_slos(await board.read())

    @router.get("/{id}", summary="One SLO with its history", responses=problem_responses(400, 404, 422, 429, 503))
    async def get_slo(
        id: Annotated[str, Path(max_length=64)],
        timeframe: Annotated[str, Query(max_length=10, description="Whose target; empty: the SLO's own")] = "",
        since: Since = "",
        until: Until = "now",
    ) -> SloDetail:
        """Its definition, its corrections, and what happened over a period of up to two years."""
        found = await asyncio.to_thread(_find, resources, id)
        slo = _read(found[0], found[1])
        target = _target_of(slo, timeframe)
        days = DAYS.get(target.timeframe, 7)
        asked = parse_range(since or f"{days}d", until, clock.now_ns())
        history = await reader.history(slo, asked.from_ns // NS, asked.to_ns // NS)
        statuses = {one.id: status for one, status in await board.read()}
        return SloDetail(
            slo=render_head(found[0], statuses.get(id, {})),
            definition=found[0].document,
            corrections=[one.document | {"id": one.id} for one in found[1]],
            monitors=_names(found[2], {str(one) for one in slo.monitor_ids}),
            alerts=_names(found[2], {one.id for one in found[2] if _watches(one, id)}),
            history=render_history(slo, target, history),
        )

    return router


def _find(resources: ResourceStore, id: str) -> tuple[Resource, list[Resource], list[Resource]]:
    """(the SLO, its corrections, all monitors)"""
    slo = resources.find(SLO, id)
    if slo is None:
        raise ApiError(404, f"there is no SLO {id!r}")
    corrections = [one for one in resources.find_all(CORRECTION) if applies_to(one.document, slo)]
    return slo, corrections, resources.find_all(MONITOR)


def _read(slo: Resource, corrections: list[Resource]) -> Slo:
    try:
        return slo_of(slo, [one.document for one in corrections])
    except msgspec.ValidationError as error:
        raise InputError(f"the SLO cannot be read: {error}") from None


def _target_of(slo: Slo, timeframe: str) -> SloTarget:
    found = slo.target_of(timeframe or slo.timeframe)
    if found is None and timeframe:
        known = ", ".join(one.timeframe for one in slo.targets)
        raise field_error("query.timeframe", f"the SLO has no target for it; it has {known}")
    return found or slo.targets[0]


def _watches(monitor: Resource, slo_id: str) -> bool:
    return monitor.document.get("type") == ALERT and f'"{slo_id}"' in str(monitor.document.get("query"))


def _names(monitors: list[Resource], ids: set[str]) -> dict[str, str]:
    return {one.id: str(one.document.get("name")) for one in monitors if one.id in ids}

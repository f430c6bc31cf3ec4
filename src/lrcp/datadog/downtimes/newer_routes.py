"""Handlers of `/api/v2/downtime` and of the downtimes of one monitor."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents, is_uuid
from lrcp.datadog.downtimes.definition import change_definition, parse_definition
from lrcp.datadog.downtimes.matching import find_matching
from lrcp.datadog.downtimes.periods import status_of
from lrcp.datadog.downtimes.view import render_downtime, render_match, render_one
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import no_content, query_bool, query_int, read_json, reply
from lrcp.datadog.identity import INCLUDED_USER
from lrcp.datadog.shapes import take_attributes
from lrcp.datadog.times import exact_s, iso_time
from lrcp.model.resource import Resource
from lrcp.store.state.resources import new_id

MAX_PAGE: Final = 1_000
GroupNames = Callable[[int], list[str]]
"""Names of a monitor's groups; blocks."""


class DowntimeHandlers:
    """v2: parse -> one use case -> render."""

    def __init__(self, downtimes: Documents) -> None:
        self._downtimes = downtimes

    async def create(self, request: Request) -> Response:
        given = take_attributes(await read_json(request), "downtime")
        now_ns = self._downtimes.now_ns()
        made = await self._downtimes.create(parse_definition(given, now_ns), new_id())
        return reply(render_one(made, now_ns))

    async def get(self, request: Request) -> Response:
        return reply(render_one(await self._get(request), self._downtimes.now_ns()))

    async def update(self, request: Request) -> Response:
        before = await self._get(request)
        given = take_attributes(await read_json(request), "downtime")
        now_ns = self._downtimes.now_ns()
        after = await self._downtimes.update(before.id, change_definition(before.document, given, now_ns))
        if after is None:
            raise not_found("Downtime not found")
        return reply(render_one(after, now_ns))

    async def cancel(self, request: Request) -> Response:
        """Cancelled ones stay readable; cancelling again changes nothing."""
        id = _id_of(request)
        found = await self._downtimes.find(id)
        if found is None:
            raise not_found(f"Downtime {id} not found")
        await cancel(self._downtimes, found)
        return no_content()

    async def list_all(self, request: Request) -> Response:
        now_ns = self._downtimes.now_ns()
        found = await self._downtimes.find_all()
        if query_bool(request, "current_only"):
            found = [one for one in found if status_of(one.document, exact_s(now_ns)) == "active"]
        offset, limit = query_int(request, "page[offset]", 0), query_int(request, "page[limit]", 30, most=MAX_PAGE)
        data = [render_downtime(one, now_ns) for one in found[offset : offset + limit]]
        meta = {"page": {"total_filtered_count": len(found)}}
        return reply({"data": data, "included": [INCLUDED_USER] if data else [], "meta": meta})

    async def _get(self, request: Request) -> Resource:
        found = await self._downtimes.find(_id_of(request))
        if found is None:
            raise not_found("Downtime not found")
        return found


class MatchHandlers:
    """Downtimes that silence one monitor now."""

    def __init__(self, downtimes: Documents, monitors: Documents, groups_of: GroupNames) -> None:
        self._downtimes = downtimes
        self._monitors = monitors
        self._groups_of = groups_of

    async def matches(self, request: Request) -> Response:
        id = request.path_params["id"]
        monitor = await self._monitors.find(id)
        if monitor is None:
            raise not_found(f"Monitor with id {id[:40]} not found")
        now_ns = self._downtimes.now_ns()
        groups = await run_groups(self._groups_of, int(id))
        found = find_matching(await self._downtimes.find_all(), monitor, groups, exact_s(now_ns))
        offset, limit = query_int(request, "page[offset]", 0), query_int(request, "page[limit]", 30, most=MAX_PAGE)
        page = found[offset : offset + limit]
        data = [render_match(downtime, silenced, now_ns) for downtime, silenced in page]
        return reply({"data": data, "meta": {"page": {"total_filtered_count": len(found)}}})


async def cancel(downtimes: Documents, downtime: Resource) -> None:
    """Cancel one, unless it is cancelled already."""
    if not downtime.document["canceled"]:
        canceled = {"canceled": iso_time(downtimes.now_ns())}
        await downtimes.update(downtime.id, downtime.document | canceled)


def _id_of(request: Request) -> str:
    id = str(request.path_params["id"])
    if not is_uuid(id):
        raise invalid("Invalid URL param: downtime_id must be an uuid")
    return id


async def run_groups(groups_of: GroupNames, monitor_id: int) -> list[str]:
    """The names of a monitor's groups, asked for on a thread."""
    return await asyncio.to_thread(groups_of, monitor_id)

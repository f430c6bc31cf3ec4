"""Handlers that answer with monitors: one, or a list by name, tags, scope and page."""

import asyncio
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.http import query_bool, query_int, query_list, reply
from lrcp.datadog.monitors.kept import KeptMonitors, state_of
from lrcp.datadog.monitors.search import facts_of
from lrcp.datadog.monitors.view import parse_group_states, render_monitor
from lrcp.model.resource import Resource

MAX_PAGE: Final = 1_000


class ReadHandlers:
    """GET of one monitor and of many."""

    def __init__(self, kept: KeptMonitors) -> None:
        self._kept = kept

    async def get(self, request: Request) -> Response:
        shown = parse_group_states(query_list(request, "group_states"))
        monitor = await self._kept.get(request)
        groups = await self._kept.groups(monitor)
        matching = None
        if query_bool(request, "with_downtimes"):
            matching = self._kept.matching(monitor, await self._kept.downtimes(), groups)
        state = state_of(monitor, await self._kept.statuses())
        return reply(render_monitor(monitor, state, groups=groups, shown=shown, downtimes=matching))

    async def list_all(self, request: Request) -> Response:
        """All that fit, or one page of them."""
        shown = parse_group_states(query_list(request, "group_states"))
        found = [one for one in await self._kept.documents.find_all() if _is_asked_for(one, request)]
        found.sort(key=lambda one: int(one.id))
        page = _page_of(found, request)
        statuses = await self._kept.statuses()
        with_downtimes = query_bool(request, "with_downtimes")
        groups = await self._kept.all_groups() if shown or with_downtimes else {}
        downtimes = await self._kept.downtimes() if with_downtimes else []

        def render() -> list[dict[str, Any]]:
            mine = [(one, groups.get(int(one.id), [])) for one in page]
            return [
                render_monitor(
                    one,
                    state_of(one, statuses),
                    groups=states,
                    shown=shown,
                    downtimes=self._kept.matching(one, downtimes, states),
                )
                for one, states in mine
            ]

        # Thousands of monitors take a while: on a thread, so that what is sent meanwhile is taken in.
        return reply(await asyncio.to_thread(render))


def _page_of(found: list[Resource], request: Request) -> list[Resource]:
    """By `page` and `page_size`, or by `id_offset`; all without them. Ids grow, so they are in the order of creation."""
    if "id_offset" in request.query_params:
        offset, size = query_int(request, "id_offset", 0), query_int(request, "page_size", 100, least=1, most=MAX_PAGE)
        return [one for one in found if int(one.id) > offset][:size]
    if "page" not in request.query_params:
        return found
    page, size = query_int(request, "page", 0), query_int(request, "page_size", 100, least=1, most=MAX_PAGE)
    return found[page * size : (page + 1) * size]


def _is_asked_for(monitor: Resource, request: Request) -> bool:
    name, document = request.query_params.get("name", "").lower(), monitor.document
    if name and name not in document["name"].lower():
        return False
    if not set(query_list(request, "monitor_tags")) <= set(document["tags"]):
        return False
    wanted = query_list(request, "tags")
    return not wanted or all(any(tag in scope for scope in facts_of(document).scopes) for tag in wanted)

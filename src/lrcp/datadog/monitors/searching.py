"""Handlers of the two searches."""

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.errors import invalid
from lrcp.datadog.http import query_int, reply
from lrcp.datadog.monitors.kept import KeptMonitors, state_of
from lrcp.datadog.monitors.search import (
    SORT_KEYS,
    Found,
    candidate_of,
    count_facets,
    facts_of,
    page_of,
    render_group_result,
    render_result,
)
from lrcp.datadog.monitors.search_query import compile_monitor_search
from lrcp.model.monitor_state import GroupState
from lrcp.model.monitor_tick import MonitorStatus
from lrcp.model.resource import Resource


class SearchHandlers:
    """By monitor, and by group."""

    def __init__(self, kept: KeptMonitors) -> None:
        self._kept = kept

    async def monitors(self, request: Request) -> Response:
        test, loaded = compile_monitor_search(request.query_params.get("query", "")), await self._load()

        def search() -> dict[str, Any]:
            found = [one for one in loaded if test(candidate_of(one))]
            results = _sorted([render_result(one) for one in found], request)
            counts = count_facets([(one, one.state) for one in found])
            return {"counts": counts, **_page(results, request, "monitors")}

        # Thousands of monitors take a while: on a thread, so that what is sent meanwhile is taken in.
        return reply(await asyncio.to_thread(search))

    async def groups(self, request: Request) -> Response:
        test, loaded = compile_monitor_search(request.query_params.get("query", "")), await self._load()

        def search() -> dict[str, Any]:
            pairs = [(one, group) for one in loaded for group in one.groups]
            found = [(one, group) for one, group in pairs if test(candidate_of(one, group))]
            results = _sorted([render_group_result(one, group) for one, group in found], request)
            counts = count_facets([(one, group.state) for one, group in found])
            return {"counts": counts, **_page(results, request, "groups")}

        return reply(await asyncio.to_thread(search))

    async def _load(self) -> list[Found]:
        statuses, groups = await self._kept.statuses(), await self._kept.all_groups()
        downtimes, monitors = await self._kept.downtimes(), await self._kept.documents.find_all()
        return await asyncio.to_thread(
            lambda: [self._found(one, statuses, groups.get(int(one.id), []), downtimes) for one in monitors]
        )

    def _found(
        self,
        monitor: Resource,
        statuses: Mapping[int, MonitorStatus],
        groups: list[GroupState],
        downtimes: list[Resource],
    ) -> Found:
        matching = self._kept.matching(monitor, downtimes, groups)
        ends = [one["end"] or 0 for one in matching if one["scope"] == ["*"]]
        until_s = None if not ends else (0 if 0 in ends else max(ends))
        state, facts = state_of(monitor, statuses), facts_of(monitor.document)
        return Found(monitor=monitor, state=state, groups=groups, facts=facts, muted_until_s=until_s)


def _sorted(results: list[dict[str, Any]], request: Request) -> list[dict[str, Any]]:
    """By `sort`, such as `name,asc`; as they came without it."""
    field, _, direction = request.query_params.get("sort", "").partition(",")
    if not field:
        return results
    if field not in SORT_KEYS or direction not in ("", "asc", "desc"):
        raise invalid(
            f"The value provided for parameter 'sort' is invalid: a field of {', '.join(SORT_KEYS)} and asc or desc"
        )
    return sorted(results, key=SORT_KEYS[field], reverse=direction == "desc")


def _page(results: list[dict[str, Any]], request: Request, name: str) -> dict[str, Any]:
    page, size = query_int(request, "page", 0), query_int(request, "per_page", 30, least=1, most=1_000)
    return {name: results[page * size : (page + 1) * size], "metadata": page_of(len(results), page, size)}

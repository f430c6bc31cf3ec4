"""Handlers of dashboard lists: the lists (v1), and what is in them (v2)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.dashboards.view import render_item, render_list, type_of
from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import read_object, reply
from lrcp.datadog.shapes import take_list, take_text
from lrcp.model.resource import Resource


class ListHandlers:
    """CRUD of lists; a list keeps its `name` and the ids of its `dashboards`."""

    def __init__(self, lists: Documents, dashboards: Documents) -> None:
        self._lists = lists
        self._dashboards = dashboards

    async def create(self, request: Request) -> Response:
        name = take_text(await read_object(request), "name", most=1_000)
        return reply(render_list(await self._lists.create({"name": name, "dashboards": []})))

    async def get(self, request: Request) -> Response:
        return reply(render_list(await self._get(request)))

    async def update(self, request: Request) -> Response:
        before = await self._get(request)
        name = take_text(await read_object(request), "name", most=1_000)
        return reply(render_list(await self._put(before, before.document | {"name": name})))

    async def delete(self, request: Request) -> Response:
        found = await self._get(request)
        await self._lists.delete([found.id])
        return reply({"deleted_dashboard_list_id": int(found.id)})

    async def list_all(self, request: Request) -> Response:
        found = sorted(await self._lists.find_all(), key=lambda one: -int(one.id))
        return reply({"dashboard_lists": [render_list(one) for one in found]})

    async def items(self, request: Request) -> Response:
        found = await self._get(request)
        known = {one.id: one for one in await self._dashboards.find_all()}
        items = [render_item(known[id]) for id in found.document["dashboards"] if id in known]
        return reply({"dashboards": items, "total": len(items)})

    async def add(self, request: Request) -> Response:
        """Those that are there already are not added again."""
        found, given = await self._get(request), await self._read_items(request)
        added = [one for one in given if one.id not in found.document["dashboards"]]
        ids = found.document["dashboards"] + [one.id for one in added]
        await self._put(found, found.document | {"dashboards": ids})
        return reply({"added_dashboards_to_list": [_reference(one) for one in added]})

    async def replace(self, request: Request) -> Response:
        found, given = await self._get(request), await self._read_items(request)
        await self._put(found, found.document | {"dashboards": [one.id for one in given]})
        return reply({"dashboards": [_reference(one) for one in given]})

    async def remove(self, request: Request) -> Response:
        found, given = await self._get(request), await self._read_items(request)
        removed = [one for one in given if one.id in found.document["dashboards"]]
        gone = {one.id for one in removed}
        ids = [id for id in found.document["dashboards"] if id not in gone]
        await self._put(found, found.document | {"dashboards": ids})
        return reply({"deleted_dashboards_from_list": [_reference(one) for one in removed]})

    async def _read_items(self, request: Request) -> list[Resource]:
        given = take_list(await read_object(request), "dashboards", most=1_000)
        known = {one.id: one for one in await self._dashboards.find_all()}
        ids = [str(one.get("id")) if isinstance(one, dict) else "" for one in given]
        unknown = [id for id in ids if id not in known]
        if unknown:
            raise invalid(f"Dashboard with ID {unknown[0][:60]} not found")
        return [known[id] for id in dict.fromkeys(ids)]

    async def _get(self, request: Request) -> Resource:
        id = request.path_params["id"]
        found = await self._lists.find(id)
        if found is None:
            raise _missing(id)
        return found

    async def _put(self, before: Resource, document: dict[str, Any]) -> Resource:
        after = await self._lists.update(before.id, document)
        if after is None:
            raise _missing(before.id)
        return after


def _reference(dashboard: Resource) -> dict[str, str]:
    return {"type": type_of(dashboard), "id": dashboard.id}


def _missing(id: str) -> Exception:
    return not_found(f"Manual Dashboard List with id {id[:40]} not found")

"""Routes of `/api/v1/dashboard` and of dashboard lists."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from lrcp.datadog.dashboards.definition import new_dashboard_id, parse_dashboard
from lrcp.datadog.dashboards.lists import ListHandlers
from lrcp.datadog.dashboards.view import render_dashboard, render_summary
from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import no_content, query_bool, query_int, read_object, reply
from lrcp.datadog.shapes import take_list
from lrcp.kit.clock import Clock
from lrcp.model.resource import Resource
from lrcp.store.state.resources import ResourceStore

MAX_PAGE: Final = 1_000


def dashboard_routes(store: ResourceStore, clock: Clock) -> list[BaseRoute]:
    """CRUD of dashboards, their bulk deletion and restoring, and lists."""
    dashboards = Documents(store, "dashboard", clock)
    handle, lists = DashboardHandlers(dashboards), ListHandlers(Documents(store, "dashboard_list", clock), dashboards)
    items = "/api/v2/dashboard/lists/manual/{id}/dashboards"
    return [
        Route("/api/v1/dashboard", handle.list_all, methods=["GET"]),
        Route("/api/v1/dashboard", handle.create, methods=["POST"]),
        Route("/api/v1/dashboard", handle.delete_many, methods=["DELETE"]),
        Route("/api/v1/dashboard", handle.restore_many, methods=["PATCH"]),
        Route("/api/v1/dashboard/lists/manual", lists.list_all, methods=["GET"]),
        Route("/api/v1/dashboard/lists/manual", lists.create, methods=["POST"]),
        Route("/api/v1/dashboard/lists/manual/{id}", lists.get, methods=["GET"]),
        Route("/api/v1/dashboard/lists/manual/{id}", lists.update, methods=["PUT"]),
        Route("/api/v1/dashboard/lists/manual/{id}", lists.delete, methods=["DELETE"]),
        Route("/api/v1/dashboard/{id}", handle.get, methods=["GET"]),
        Route("/api/v1/dashboard/{id}", handle.update, methods=["PUT"]),
        Route("/api/v1/dashboard/{id}", handle.delete, methods=["DELETE"]),
        Route(items, lists.items, methods=["GET"]),
        Route(items, lists.add, methods=["POST"]),
        Route(items, lists.replace, methods=["PUT"]),
        Route(items, lists.remove, methods=["DELETE"]),
    ]


class DashboardHandlers:
    """parse -> one use case -> render, for each route."""

    def __init__(self, dashboards: Documents) -> None:
        self._dashboards = dashboards

    async def create(self, request: Request) -> Response:
        document = parse_dashboard(await read_object(request))
        return reply(render_dashboard(await self._dashboards.create(document, new_dashboard_id())))

    async def get(self, request: Request) -> Response:
        return reply(render_dashboard(await self._get(request)))

    async def update(self, request: Request) -> Response:
        before = await self._get(request)
        after = await self._dashboards.update(before.id, parse_dashboard(await read_object(request)))
        if after is None:
            raise _missing(before.id)
        return reply(render_dashboard(after))

    async def delete(self, request: Request) -> Response:
        id = request.path_params["id"]
        if not await self._dashboards.delete([id]):
            raise _missing(id)
        return reply({"deleted_dashboard_id": id})

    async def delete_many(self, request: Request) -> Response:
        """All of them or none."""
        ids = await _read_ids(request)
        missing = [id for id in ids if await self._dashboards.find(id) is None]
        if missing:
            raise _missing(missing[0])
        await self._dashboards.delete(ids)
        return no_content()

    async def restore_many(self, request: Request) -> Response:
        """Deleted ones come back; those that are there stay."""
        ids = await _read_ids(request)
        missing = [id for id in ids if await self._dashboards.find(id, deleted=True) is None]
        if missing:
            raise _missing(missing[0])
        await self._dashboards.restore(ids)
        return no_content()

    async def list_all(self, request: Request) -> Response:
        deleted = query_bool(request, "filter[deleted]")
        shared = query_bool(request, "filter[shared]")
        found = await self._dashboards.find_all(deleted=deleted)
        # Nothing is shared with the public here, so that there is nothing among the shared.
        found = [] if shared else [one for one in found if bool(one.deleted_ns) == deleted]
        start, count = query_int(request, "start", 0), query_int(request, "count", MAX_PAGE, most=MAX_PAGE)
        return reply({"dashboards": [render_summary(one) for one in found[start : start + count]]})

    async def _get(self, request: Request) -> Resource:
        id = request.path_params["id"]
        found = await self._dashboards.find(id)
        if found is None:
            raise _missing(id)
        return found


async def _read_ids(request: Request) -> list[str]:
    given = take_list(await read_object(request), "data", most=1_000)
    if not given or not all(isinstance(one, dict) and one.get("type") == "dashboard" for one in given):
        raise invalid("'data' must be a list of dashboards, each with an id and the type 'dashboard'")
    return [str(one.get("id")) for one in given]


def _missing(id: str) -> Exception:
    return not_found(f"Dashboard with ID {id[:60]} not found")

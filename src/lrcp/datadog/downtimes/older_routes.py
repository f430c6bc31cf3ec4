"""Handlers of the older `/api/v1/downtime`, over the same documents."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.downtimes.newer_routes import cancel
from lrcp.datadog.downtimes.older import number_of, older_body, parse_older, render_older
from lrcp.datadog.downtimes.periods import status_of
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import no_content, query_bool, read_object, reply
from lrcp.datadog.identity import CREATOR
from lrcp.datadog.times import exact_s
from lrcp.model.resource import Resource
from lrcp.store.state.resources import new_id


class OlderDowntimeHandlers:
    """v1: parse -> one use case -> render."""

    def __init__(self, downtimes: Documents) -> None:
        self._downtimes = downtimes

    async def create(self, request: Request) -> Response:
        document = parse_older(await read_object(request), self._now_s())
        made = await self._downtimes.create(document, new_id())
        return reply(render_older(made, self._now_s()))

    async def get(self, request: Request) -> Response:
        found = await self._find(request)
        if found is None:
            raise not_found("Downtime not found")
        return reply(render_older(found, self._now_s()))

    async def update(self, request: Request) -> Response:
        before = await self._find(request)
        if before is None:
            raise not_found("Downtime not found")
        given = older_body(before) | await read_object(request)
        document = parse_older(given, self._now_s()) | {"canceled": before.document["canceled"]}
        after = await self._downtimes.update(before.id, document)
        if after is None:
            raise not_found("Downtime not found")
        return reply(render_older(after, self._now_s()))

    async def cancel(self, request: Request) -> Response:
        found = await self._find(request)
        if found is None:
            raise not_found(f"Downtime {request.path_params['id'][:40]} not found")
        await cancel(self._downtimes, found)
        return no_content()

    async def cancel_by_scope(self, request: Request) -> Response:
        scope = (await read_object(request)).get("scope")
        if not isinstance(scope, str) or not scope:
            raise invalid("Invalid scope parameter")
        found = [one for one in await self._downtimes.find_all() if self._is_open(one) and _covers(one, scope)]
        if not found:
            raise not_found("No downtimes found")
        for downtime in found:
            await cancel(self._downtimes, downtime)
        return reply({"cancelled_ids": [number_of(one.id) for one in found]})

    async def list_all(self, request: Request) -> Response:
        found = [one for one in await self._downtimes.find_all() if self._is_open(one)]
        documents = [render_older(one, self._now_s()) for one in found]
        if query_bool(request, "current_only"):
            documents = [one for one in documents if one["active"]]
        creator: dict[str, Any] = {"creator": CREATOR} if query_bool(request, "with_creator") else {}
        return reply([document | creator for document in documents])

    async def of_monitor(self, request: Request) -> Response:
        """Those of one monitor, by its id."""
        wanted = request.path_params["id"]
        documents = [render_older(one, self._now_s()) for one in await self._downtimes.find_all()]
        return reply([one for one in documents if one["active"] and str(one["monitor_id"]) == wanted])

    def _is_open(self, downtime: Resource) -> bool:
        return status_of(downtime.document, self._now_s()) in ("active", "scheduled")

    async def _find(self, request: Request) -> Resource | None:
        id = request.path_params["id"]
        found = await self._downtimes.find_all()
        return next((one for one in found if str(number_of(one.id)) == id), None)

    def _now_s(self) -> float:
        return exact_s(self._downtimes.now_ns())


def _covers(downtime: Resource, scope: str) -> bool:
    return scope.replace(" ", "") == ",".join(older_body(downtime)["scope"]).replace(" ", "")

"""Routes of `/api/v1/slo`."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import Refusal, invalid, not_found
from lrcp.datadog.http import query_bool, query_int, query_list, read_object, reply
from lrcp.datadog.slos.corrections import CorrectionHandlers
from lrcp.datadog.slos.definition import TIMEFRAMES, parse_definition
from lrcp.datadog.slos.history import render_history
from lrcp.datadog.slos.search import facets, matches, render_result
from lrcp.datadog.slos.view import render_slo
from lrcp.kit.clock import Clock
from lrcp.model.errors import InputError
from lrcp.model.resource import Resource
from lrcp.model.slo import Slo
from lrcp.monitors.slo.history import SloReader, SloStatus
from lrcp.monitors.slo.stored import slo_of
from lrcp.store.state.resources import ResourceStore, new_id

MAX_PAGE: Final = 1_000


def slo_routes(store: ResourceStore, reader: SloReader, clock: Clock) -> list[BaseRoute]:
    """CRUD, search, history and corrections of SLOs."""
    slos, corrections, monitors = (Documents(store, kind, clock) for kind in ("slo", "slo_correction", "monitor"))
    handle = SloHandlers(slos, corrections, monitors, reader)
    correct = CorrectionHandlers(corrections, slos)
    return [
        Route("/api/v1/slo", handle.list_all, methods=["GET"]),
        Route("/api/v1/slo", handle.create, methods=["POST"]),
        Route("/api/v1/slo/search", handle.search, methods=["GET"]),
        Route("/api/v1/slo/can_delete", handle.can_delete, methods=["GET"]),
        Route("/api/v1/slo/bulk_delete", handle.bulk_delete, methods=["POST"]),
        Route("/api/v1/slo/correction", correct.list_all, methods=["GET"]),
        Route("/api/v1/slo/correction", correct.create, methods=["POST"]),
        Route("/api/v1/slo/correction/{id}", correct.get, methods=["GET"]),
        Route("/api/v1/slo/correction/{id}", correct.update, methods=["PATCH"]),
        Route("/api/v1/slo/correction/{id}", correct.delete, methods=["DELETE"]),
        Route("/api/v1/slo/{id}", handle.get, methods=["GET"]),
        Route("/api/v1/slo/{id}", handle.update, methods=["PUT"]),
        Route("/api/v1/slo/{id}", handle.delete, methods=["DELETE"]),
        Route("/api/v1/slo/{id}/history", handle.history, methods=["GET"]),
        Route("/api/v1/slo/{id}/corrections", correct.of_slo, methods=["GET"]),
    ]


class SloHandlers:
    """parse -> one use case -> render, for each route."""

    def __init__(self, slos: Documents, corrections: Documents, monitors: Documents, reader: SloReader) -> None:
        self._slos = slos
        self._corrections = corrections
        self._monitors = monitors
        self._reader = reader

    async def create(self, request: Request) -> Response:
        document = parse_definition(await read_object(request))
        await self._check_monitors(document)
        made = await self._slos.create(document, new_id().replace("-", ""))
        return reply({"data": [render_slo(made)], "error": None})

    async def update(self, request: Request) -> Response:
        before = await self._get(request)
        document = parse_definition(await read_object(request), type=before.document["type"])
        await self._check_monitors(document)
        after = await self._slos.update(before.id, document)
        if after is None:
            raise _missing(before.id)
        return reply({"data": [render_slo(after)], "error": None})

    async def get(self, request: Request) -> Response:
        return reply({"data": render_slo(await self._get(request)), "error": None})

    async def delete(self, request: Request) -> Response:
        slo = await self._get(request)
        used = await self._used_by([slo.id])
        if used and not query_bool(request, "force"):
            raise Refusal(409, *used.values())
        await self._slos.delete([slo.id])
        return reply({"data": [slo.id], "error": None})

    async def list_all(self, request: Request) -> Response:
        deleted = query_bool(request, "is_deleted")
        found = await self._slos.find_all(deleted=deleted)
        found = [slo for slo in found if bool(slo.deleted_ns) == deleted and _is_asked_for(slo, request)]
        offset, limit = query_int(request, "offset", 0), query_int(request, "limit", MAX_PAGE, most=MAX_PAGE)
        page = found[offset : offset + limit]
        counts = {"total_count": len(found), "total_filtered_count": len(page)}
        return reply({"data": [render_slo(slo) for slo in page], "error": None, "metadata": {"page": counts}})

    async def can_delete(self, request: Request) -> Response:
        ids = query_list(request, "ids")
        used = await self._used_by(ids)
        data = {"ok": [id for id in ids if id not in used]}
        return reply({"data": data, "errors": used or None}, 409 if used else 200)

    async def bulk_delete(self, request: Request) -> Response:
        """Takes thresholds away, by timeframe; an SLO that has none left is deleted."""
        body = await read_object(request)
        gone: list[str] = []
        updated: list[str] = []
        errors: list[dict[str, str]] = []
        for id, frames in body.items():
            problem = await self._delete_thresholds(id, frames, gone, updated)
            if problem:
                errors.append({"id": id, "message": problem, "timeframe": "all"})
        return reply({"data": {"deleted": gone, "updated": updated}, "errors": errors or None})

    async def search(self, request: Request) -> Response:
        query = request.query_params.get("query", "")
        size, number = query_int(request, "page[size]", 10, most=MAX_PAGE), query_int(request, "page[number]", 0)
        found = [slo for slo in await self._slos.find_all() if matches(slo, query)]
        page = found[number * size : (number + 1) * size]
        attributes: dict[str, Any] = {"slos": [await self._result(slo) for slo in page]}
        if query_bool(request, "include_facets"):
            attributes["facets"] = facets(found)
        data = {"type": "service_level_objective_search_results", "attributes": attributes}
        return reply({"data": data, **_paging(request, number, size, len(found))})

    async def history(self, request: Request) -> Response:
        slo = await self._get(request)
        from_s, to_s = query_int(request, "from_ts", -1, least=-1), query_int(request, "to_ts", -1, least=-1)
        if not 0 <= from_s < to_s:
            raise invalid("Invalid parameters: from_ts and to_ts must be Unix times in seconds, from_ts before to_ts")
        target = _target(request)
        found = await self._reader.history(
            await self._read(slo, corrected=query_bool(request, "apply_correction", True)), from_s, to_s
        )
        return reply({"data": render_history(slo, found, (from_s, to_s), target), "errors": None})

    async def _get(self, request: Request) -> Resource:
        found = await self._slos.find(request.path_params["id"])
        if found is None:
            raise _missing(request.path_params["id"])
        return found

    async def _check_monitors(self, document: dict[str, Any]) -> None:
        for id in document.get("monitor_ids", ()):
            if await self._monitors.find(str(id)) is None:
                raise invalid(f"Invalid payload: monitor {id} does not exist")

    async def _used_by(self, ids: Sequence[str]) -> dict[str, str]:
        """A sentence for each of the SLOs that an alert watches."""
        alerts = [one for one in await self._monitors.find_all() if one.document.get("type") == "slo alert"]
        used = {id: [one.id for one in alerts if f'"{id}"' in one.document["query"]] for id in ids}
        return {id: f"SLO {id} is used in monitors: {', '.join(users)}" for id, users in used.items() if users}

    async def _delete_thresholds(self, id: str, frames: Any, gone: list[str], updated: list[str]) -> str:
        slo = await self._slos.find(id)
        if slo is None:
            return f"SLO not found: {id} not found"
        if not isinstance(frames, list) or not set(map(str, frames)) <= {*TIMEFRAMES, "all"}:
            return "the timeframes must be a list of 7d, 30d, 90d, custom or all"
        left = [one for one in slo.document["thresholds"] if one["timeframe"] not in frames and "all" not in frames]
        if not left:
            gone += await self._slos.delete([id])
            return ""
        frame = {"timeframe": left[0]["timeframe"]}
        after = await self._slos.update(id, parse_definition(slo.document | {"thresholds": left} | frame))
        updated += [id] if after else []
        return ""

    async def _result(self, slo: Resource) -> dict[str, Any]:
        now_s = self._slos.now_ns() // 10**9
        found: SloStatus | str
        try:
            found = await self._reader.status(await self._read(slo), now_s)
        except InputError as error:
            # One definition that cannot be evaluated does not hide the others.
            found = str(error)
        return render_result(slo, found, now_s)

    async def _read(self, slo: Resource, *, corrected: bool = True) -> Slo:
        """The definition with its corrections. Raises: InputError."""
        corrections = await self._corrections.find_all() if corrected else []
        return slo_of(slo, [one.document for one in corrections])


def _missing(id: str) -> Refusal:
    return not_found(f"SLO not found: {id} not found")


def _is_asked_for(slo: Resource, request: Request) -> bool:
    ids, asked = query_list(request, "ids"), request.query_params
    query, name = slo.document.get("query", {}), asked.get("query", "").lower()
    if ids and slo.id not in ids:
        return False
    if name and name not in slo.document["name"].lower():
        return False
    if asked.get("tags_query") and asked["tags_query"] not in slo.document["tags"]:
        return False
    metric = asked.get("metrics_query", "")
    return not metric or any(metric in text for text in query.values())


def _target(request: Request) -> float | None:
    text = request.query_params.get("target")
    if text is None:
        return None
    try:
        target = float(text[:20])
    except ValueError:
        target = 0.0
    if not 0 < target < 100:
        raise invalid("Invalid parameters: target must be greater than 0 and less than 100")
    return target


def _paging(request: Request, number: int, size: int, total: int) -> dict[str, Any]:
    """Numbers and links of a page of results."""
    last = max(0, -(-total // size) - 1) if size else 0
    address = str(request.url.include_query_params())
    pages = {"number": number, "first_number": 0, "prev_number": max(0, number - 1), "next_number": number + 1}

    def link(page: int) -> str:
        return str(request.url.include_query_params(**{"page[number]": page, "page[size]": size}))

    return {
        "meta": {"pagination": pages | {"last_number": last, "size": size, "type": "number_size", "total": total}},
        "links": {
            "self": address,
            "first": link(0),
            "last": None,
            "prev": link(number - 1) if number else None,
            "next": link(number + 1),
        },
    }

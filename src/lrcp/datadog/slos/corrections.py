"""Corrections: periods that an SLO does not count. Source: recordings of `/api/v1/slo/correction`."""

from datetime import datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.documents import Documents
from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.http import no_content, query_int, read_json, reply
from lrcp.datadog.shapes import take_attributes, take_optional_text
from lrcp.datadog.slos.view import render_correction
from lrcp.kit.recurrence import parse_recurrence, parse_timezone
from lrcp.model.errors import InputError
from lrcp.model.resource import Resource
from lrcp.store.state.resources import new_id

CATEGORIES: Final = ("Scheduled Maintenance", "Outside Business Hours", "Deployment", "Other")
_MEMBERS: Final = (
    "slo_id",
    "start",
    "end",
    "description",
    "category",
    "timezone",
    "rrule",
    "duration",
)


class CorrectionHandlers:
    """CRUD of corrections, and those of one SLO."""

    def __init__(self, corrections: Documents, slos: Documents) -> None:
        self._corrections = corrections
        self._slos = slos

    async def create(self, request: Request) -> Response:
        given = take_attributes(await read_json(request), "correction")
        document = parse_correction(given)
        if document["slo_id"] and await self._slos.find(document["slo_id"]) is None:
            raise not_found(f"SLO not found: {document['slo_id']} not found")
        made = await self._corrections.create(document, new_id())
        return reply({"data": render_correction(made, new=True)})

    async def get(self, request: Request) -> Response:
        return reply({"data": render_correction(await self._get(request))})

    async def update(self, request: Request) -> Response:
        before = await self._get(request)
        given = take_attributes(await read_json(request), "correction")
        document = parse_correction(before.document | given | {"slo_id": before.document["slo_id"]})
        after = await self._corrections.update(before.id, document)
        if after is None:
            raise _missing(before.id)
        return reply({"data": render_correction(after)})

    async def delete(self, request: Request) -> Response:
        id = request.path_params["id"]
        if not await self._corrections.delete([id]):
            raise _missing(id)
        return no_content()

    async def list_all(self, request: Request) -> Response:
        offset, limit = query_int(request, "offset", 0), query_int(request, "limit", 25, most=1_000)
        found = await self._corrections.find_all()
        page = found[offset : offset + limit]
        counts = {"total_count": len(found), "total_filtered_count": len(page)}
        return reply({"data": [render_correction(one) for one in page], "meta": {"page": counts}})

    async def of_slo(self, request: Request) -> Response:
        """Those of one SLO, with the links of the newer endpoint."""
        id = request.path_params["id"]
        if await self._slos.find(id) is None:
            raise not_found(f"SLO not found: {id} not found")
        found = [one for one in await self._corrections.find_all() if one.document["slo_id"] == id]
        return reply({"data": [render_correction(one) for one in found], **_paging(request, len(found))})

    async def _get(self, request: Request) -> Resource:
        found = await self._corrections.find(request.path_params["id"])
        if found is None:
            raise _missing(request.path_params["id"])
        return found


def _missing(id: str) -> Exception:
    return not_found(f"SLO correction not found: {id} not found")


def _paging(request: Request, total: int) -> dict[str, Any]:
    """One page with everything on it, in the words of the server's paging."""
    size, address = 10, str(request.url.replace(query=""))
    pages = {"offset": 0, "first_offset": 0, "prev_offset": 0, "next_offset": size, "last_offset": 0, "limit": size}
    links = {part: f"{address}?page[offset]={at}&page[limit]={size}" for part, at in (("next", size), ("first", 0))}
    return {
        "meta": {"pagination": pages | {"type": "offset_limit", "total": total}},
        "links": {"self": address, "last": None, "prev": None, **links},
    }


def parse_correction(given: dict[str, Any]) -> dict[str, Any]:
    """The document that is kept: every member, null where it was not given. Raises: Refusal."""
    document: dict[str, Any] = {member: given.get(member) for member in _MEMBERS} | {
        "description": take_optional_text(given, "description"),
        "timezone": take_optional_text(given, "timezone") or "UTC",
        "rrule": take_optional_text(given, "rrule") or None,
    }
    if given.get("slo_query"):
        document["slo_query"] = take_optional_text(given, "slo_query", most=3_000)
    _check_subject(document)
    if document["category"] not in CATEGORIES:
        raise invalid(f"Invalid payload: category must be one of {', '.join(CATEGORIES)}")
    _check_period(document)
    return document


def _check_subject(document: dict[str, Any]) -> None:
    subjects = [document.get(member) for member in ("slo_id", "slo_query") if document.get(member)]
    if len(subjects) != 1 or not isinstance(subjects[0], str):
        raise invalid("Invalid payload: must specify exactly one of slo_id and slo_query")


def _check_period(document: dict[str, Any]) -> None:
    start, end = document["start"], document["end"]
    if not _is_time(start) or not (end is None or _is_time(end)):
        raise invalid("Invalid payload: start and end must be Unix times in seconds")
    if document["rrule"]:
        if end is not None or not _is_time(document["duration"]):
            raise invalid("Invalid payload: a correction with an rrule must specify a duration and no end")
        _check_rule(document)
    elif end is None or end <= start:
        raise invalid("Invalid payload: a correction without an rrule must specify an end after its start")


def _is_time(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**33


def _check_rule(document: dict[str, Any]) -> None:
    try:
        local = datetime.fromtimestamp(document["start"], parse_timezone(document["timezone"])).replace(tzinfo=None)
        parse_recurrence(document["rrule"], local, document["timezone"])
    except (InputError, ValueError) as error:
        raise invalid(f"Invalid payload: rrule: {error}") from None

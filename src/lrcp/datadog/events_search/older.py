"""The lists of v1: events by their own filters, logs by `logs-queries/list`."""

import secrets
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.errors import invalid, not_found
from lrcp.datadog.events_search.items import log_content, older_event
from lrcp.datadog.events_search.listing import MAX_LIMIT, member, read_body, read_limit, read_query, read_range
from lrcp.datadog.events_search.places import find_cursor, next_cursor, row_id
from lrcp.datadog.events_search.products import LOGS
from lrcp.datadog.http import query_int, query_list, reply
from lrcp.kit.clock import Clock
from lrcp.query.search.ast import Field, FieldIs, MatchAll, Pattern, Search
from lrcp.query.search.parser import all_of, any_of
from lrcp.store.telemetry.source.event_rows import RowsWanted, find_rows
from lrcp.store.telemetry.store import TelemetryStore

_NS_PER_S: Final = 10**9
_MAX_S: Final = 4_102_444_800
_MAX_PAGE: Final = 1000


class OlderEvents:
    """`/api/v1/events`."""

    def __init__(self, store: TelemetryStore) -> None:
        self._store = store

    async def list(self, request: Request) -> Response:
        """GET, newest first, a thousand a page; start and end in seconds are required, both within."""
        start = query_int(request, "start", -1, least=-1, most=_MAX_S)
        end = query_int(request, "end", -1, least=-1, most=_MAX_S)
        if start < 0 or end < 0:
            raise invalid(f"The parameter '{'start' if start < 0 else 'end'}' is required")
        if start > end:
            raise invalid("The parameter 'start' must not be after 'end'")
        page = query_int(request, "page", 0, most=_MAX_PAGE)
        wanted = RowsWanted(
            source="events",
            search=all_of([*_filters(request), MatchAll()]),
            from_ns=start * _NS_PER_S,
            to_ns=(end + 1) * _NS_PER_S,
            newest_first=True,
            limit=MAX_LIMIT,
            skip=page * MAX_LIMIT,
        )
        rows = await find_rows(self._store, wanted)
        return reply({"events": [older_event(row, _address(request)) for row in rows], "status": "ok"})

    async def get(self, request: Request) -> Response:
        """GET of one."""
        text = request.path_params["id"]
        id = int(text) if text.isdecimal() and len(text) <= 20 else 0
        search = FieldIs(Field("id", attribute=True), Pattern((str(id)[:20],), quoted=True))
        wanted = RowsWanted(
            source="events", search=search, from_ns=0, to_ns=_MAX_S * _NS_PER_S, newest_first=True, limit=1
        )
        rows = await find_rows(self._store, wanted) if 0 < id < 2**64 else []
        if not rows:
            raise not_found("Event not found")
        return reply({"event": older_event(rows[0], _address(request)), "status": "ok"})


def _filters(request: Request) -> list[Search]:
    """Each tag must be there, and one of the sources; a priority."""
    found: list[Search] = [_is("tags", tag) for tag in query_list(request, "tags")]
    sources = [_is("source", source) for source in query_list(request, "sources")]
    if sources:
        found.append(any_of(sources))
    priority = request.query_params.get("priority")
    if priority:
        if priority not in ("normal", "low"):
            raise invalid("The value provided for parameter 'priority' is invalid")
        found.append(_is("priority", priority))
    return found


def _is(field: str, value: str) -> Search:
    return FieldIs(Field(field), Pattern((value,), quoted=True))


def _address(request: Request) -> str:
    return f"{request.base_url.scheme}://{request.base_url.netloc}"


class OlderLogs:
    """`/api/v1/logs-queries/list`."""

    def __init__(self, store: TelemetryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def list(self, request: Request) -> Response:
        """POST; `nextLogId` is what `startAt` takes for the next page, null at the end."""
        body = await read_body(request, enveloped=False)
        wanted = self._wanted(body)
        rows = await find_rows(self._store, wanted)
        more = next_cursor(wanted, rows) if len(rows) == wanted.limit else None
        return reply(
            {
                "status": "done",
                "logs": [{"id": row_id(row), "content": _content(log_content(row))} for row in rows],
                "nextLogId": more,
                "requestId": secrets.token_urlsafe(24),
            }
        )

    def _wanted(self, body: dict[str, Any]) -> RowsWanted:
        times = member(body, "time")
        from_ns, to_ns = read_range(LOGS, times.get("from"), times.get("to"), self._clock.now_ns())
        cursor = find_cursor(body["startAt"]) if body.get("startAt") else None
        if body.get("startAt") and cursor is None:
            raise LOGS.refuse("startAt", "invalid cursor")
        if body.get("sort") not in (None, "", "asc", "desc"):
            raise LOGS.refuse("sort", "must be asc or desc")
        return RowsWanted(
            source="logs",
            search=read_query(LOGS, body.get("query")),
            from_ns=cursor.from_ns if cursor else from_ns,
            to_ns=cursor.to_ns if cursor else to_ns,
            newest_first=body.get("sort") != "asc",
            limit=read_limit(LOGS, body.get("limit"), 50),
            after=cursor.place if cursor else None,
        )


def _content(content: dict[str, Any]) -> dict[str, Any]:
    """v1 has the status among the attributes."""
    inner = {**content["attributes"], "status": content["status"]}
    return {**{key: value for key, value in content.items() if key != "status" and value}, "attributes": inner}

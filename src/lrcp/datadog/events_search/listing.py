"""Lists of logs, spans and events: one request record, filled from a URL or a body, and one reply."""

import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from lrcp.datadog.events_search.moments import parse_moment
from lrcp.datadog.events_search.places import find_cursor, next_cursor
from lrcp.datadog.events_search.products import EVENTS, Product
from lrcp.datadog.http import read_json, reply
from lrcp.datadog.shapes import take_object
from lrcp.kit.clock import Clock
from lrcp.query.errors import QueryError
from lrcp.query.search.ast import Search
from lrcp.query.search.parser import parse_search
from lrcp.store.telemetry.source.event_rows import RowsWanted, find_rows
from lrcp.store.telemetry.store import TelemetryStore

MAX_LIMIT: Final = 1000
DEFAULT_LIMIT: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A list as it was asked for; None where nothing was said."""

    query: Any = None
    since: Any = None
    until: Any = None
    sort: Any = None
    limit: Any = None
    cursor: Any = None


def listed_by_url(request: Request) -> Listed:
    """From `filter[query]` and its relatives."""
    get = request.query_params.get
    return Listed(
        query=get("filter[query]"),
        since=get("filter[from]"),
        until=get("filter[to]"),
        sort=get("sort"),
        limit=get("page[limit]"),
        cursor=get("page[cursor]"),
    )


async def listed_by_body(request: Request, *, enveloped: bool) -> Listed:
    """From a body; enveloped: within `data.attributes`. Raises: Refusal."""
    body = await read_body(request, enveloped=enveloped)
    terms, page = member(body, "filter"), member(body, "page")
    return Listed(
        query=terms.get("query"),
        since=terms.get("from"),
        until=terms.get("to"),
        sort=body.get("sort"),
        limit=page.get("limit"),
        cursor=page.get("cursor"),
    )


async def read_body(request: Request, *, enveloped: bool) -> dict[str, Any]:
    """The attributes of a body, which may be missing altogether. Raises: Refusal."""
    body = await read_json(request) if int(request.headers.get("content-length") or 1) else {}
    document = body if isinstance(body, dict) else {}
    return take_object(take_object(document, "data"), "attributes", path="data") if enveloped else document


def member(body: dict[str, Any], name: str) -> dict[str, Any]:
    """An object within a body, {} when it is not there. Raises: Refusal - it is something else."""
    return take_object(body, name) if body.get(name) is not None else {}


def read_range(product: Product, since: Any, until: Any, now_ns: int) -> tuple[int, int]:
    """[from, to) in Unix nanoseconds; the last quarter of an hour by default. Raises: Refusal."""
    times = {}
    for field, value, default in (("filter.from", since, "now-15m"), ("filter.to", until, "now")):
        moment = parse_moment(default if value in (None, "") else value, now_ns)
        if moment is None:
            raise product.refuse(field, "not a time: ISO 8601, milliseconds, or date math such as now-15m")
        times[field] = moment
    if times["filter.from"] >= times["filter.to"]:
        raise product.refuse("filter.from,to", "'from' should be anterior to 'to'")
    return times["filter.from"], times["filter.to"]


def read_query(product: Product, query: Any) -> Search:
    """A search; nothing is everything. Raises: Refusal."""
    if query is not None and not isinstance(query, str):
        raise product.refuse("filter.query", "not a text")
    try:
        return parse_search(query or "")
    except QueryError as error:
        raise product.refuse("filter.query", str(error)) from None


class Lists:
    """Answers lists of one product."""

    def __init__(self, product: Product, store: TelemetryStore, clock: Clock) -> None:
        self._product = product
        self._store = store
        self._clock = clock

    async def by_url(self, request: Request) -> Response:
        """GET."""
        return await self._answer(request, listed_by_url(request))

    async def by_body(self, request: Request) -> Response:
        """POST."""
        return await self._answer(request, await listed_by_body(request, enveloped=self._product.source == "spans"))

    async def _answer(self, request: Request, listed: Listed) -> Response:
        started = self._clock.monotonic_s()
        wanted = self._wanted(listed)
        rows = await find_rows(self._store, wanted)
        document: dict[str, Any] = {"data": [self._product.item(row) for row in rows]}
        if rows:
            after = next_cursor(wanted, rows)
            document["meta"] = {**made(self._clock.monotonic_s() - started), "page": {"after": after}}
            document["links"] = {"next": self._link(request, listed, after)}
        return reply(document)

    def _wanted(self, listed: Listed) -> RowsWanted:
        product = self._product
        if listed.sort not in (None, "", "timestamp", "-timestamp"):
            raise product.refuse("sort", "must be timestamp or -timestamp")
        from_ns, to_ns = read_range(product, listed.since, listed.until, self._clock.now_ns())
        cursor = find_cursor(listed.cursor) if listed.cursor else None
        if listed.cursor and cursor is None:
            raise product.refuse("page", "invalid cursor")
        return RowsWanted(
            source=product.source,
            search=read_query(product, listed.query),
            from_ns=cursor.from_ns if cursor else from_ns,
            to_ns=cursor.to_ns if cursor else to_ns,
            newest_first=listed.sort != "timestamp",
            limit=read_limit(product, listed.limit),
            after=cursor.place if cursor else None,
        )

    def _link(self, request: Request, listed: Listed, after: str) -> str:
        """The next page as a URL; of events under the path of the search, as recorded."""
        product = self._product
        parts = {
            "filter[from]": listed.since,
            "filter[query]": listed.query,
            "filter[to]": listed.until,
            "page[cursor]": after,
            "page[limit]": listed.limit,
            "sort": listed.sort,
        }
        path = product.search_path if product is EVENTS and request.method == "POST" else product.path
        given = {name: value for name, value in parts.items() if value not in (None, "")}
        return f"{request.base_url.scheme}://{request.base_url.netloc}{path}?{urlencode(given)}"


def read_limit(product: Product, limit: Any, default: int = DEFAULT_LIMIT) -> int:
    """How many rows a page has. Raises: Refusal - it is no number from 1 to MAX_LIMIT."""
    if limit is None or limit == "":
        return default
    text = str(limit)
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT):
        raise product.refuse("page.limit", f"must be a number from 1 to {MAX_LIMIT}")
    return int(text)


def made(took_s: float) -> dict[str, Any]:
    """What every reply says of itself. took_s: seconds."""
    return {"elapsed": round(took_s * 1000), "request_id": secrets.token_urlsafe(24), "status": "done"}

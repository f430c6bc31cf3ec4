"""The routes of traces and spans."""

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from lrcp.api.problems import problem_responses
from lrcp.api.reader import TelemetryReader
from lrcp.api.timerange import TimeRange, parse_range
from lrcp.api.traces.conditions import TraceSearch, plan_conditions
from lrcp.api.traces.cursor import Cursor, decode_cursor, encode_cursor
from lrcp.api.traces.find import find_places
from lrcp.api.traces.ids import parse_span_id, parse_trace_id
from lrcp.api.traces.rows import load_rows
from lrcp.api.traces.schemas import SpanDetail, TraceDetail, TracePage
from lrcp.api.traces.trace import load_span, load_trace
from lrcp.kit.clock import Clock
from lrcp.model.span import SPAN_KINDS

Word = Annotated[str, Field(max_length=500)]
Words = Annotated[list[Word], Field(max_length=20)]
_INT64_MAX: Final = 2**63 - 1
Amount = Annotated[int, Field(ge=0, le=_INT64_MAX)]


class TraceListQuery(BaseModel):
    """Filters of the list. A filter given several times matches any of its values; all filters must match."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Word = Field(
        "1h", alias="from", description="ISO 8601, Unix seconds or milliseconds, or how long ago", examples=["1h"]
    )
    to: Word = Field("now", description="As `from`", examples=["now"])
    service: Words = []
    env: Words = []
    model: Words = Field([], description="Asked for or answered by")
    provider: Words = []
    kind: Words = Field([], description=f"One of {', '.join(sorted(SPAN_KINDS))}")
    ml_app: Words = []
    session: Words = []
    user: Words = []
    source: Words = []
    status: Literal["", "ok", "error"] = Field("", description="error: a span failed; ok: none did")
    q: Word = Field(
        "",
        description='Words in a prompt or an answer; "in quotes": a phrase, anywhere in the text',
        examples=["refund"],
    )
    min_duration_ns: Amount | None = Field(None, description="Of the root span")
    max_duration_ns: Amount | None = None
    min_cost_nusd: Amount | None = Field(None, description="Of the trace, nano-dollars")
    max_cost_nusd: Amount | None = None
    sort: Literal["time", "duration", "cost", "tokens"] = Field("time", description="Greatest (newest) first")
    limit: int = Field(50, ge=1, le=200)
    cursor: Word = Field("", description="`next_cursor` of the page before")

    def search(self) -> TraceSearch:
        names = ("service", "env", "model", "provider", "kind", "ml_app", "session", "user", "source")
        return TraceSearch(
            equal={name: getattr(self, name) for name in names},
            status=self.status,
            text=self.q,
            min_duration_ns=self.min_duration_ns,
            max_duration_ns=self.max_duration_ns,
            min_cost_nusd=self.min_cost_nusd,
            max_cost_nusd=self.max_cost_nusd,
        )


async def list_traces(reader: TelemetryReader, query: TraceListQuery, now_ns: int) -> dict[str, Any]:
    """One page of the list."""
    cursor = decode_cursor(query.cursor, query.sort) if query.cursor else None
    if cursor:
        within = TimeRange(from_ns=cursor.from_ns, to_ns=cursor.to_ns)
    else:
        within = parse_range(query.from_, query.to, now_ns)
    conditions = plan_conditions(query.search(), within)
    places = await find_places(reader, conditions, sort=query.sort, cursor=cursor, limit=query.limit + 1)
    page, more = places[: query.limit], len(places) > query.limit
    following = None
    if more:
        last = page[-1]
        following = encode_cursor(Cursor(query.sort, last.key, last.trace_id, within.from_ns, within.to_ns))
    return {"traces": await load_rows(reader, page), "next_cursor": following}


def trace_router(reader: TelemetryReader, clock: Clock) -> APIRouter:
    """Routes of /api/traces and /api/spans."""
    router = APIRouter(prefix="/api", tags=["Traces"])

    @router.get(
        "/traces", summary="Find traces", response_model=TracePage, responses=problem_responses(400, 422, 429, 503)
    )
    async def get_traces(query: Annotated[TraceListQuery, Query()]) -> Response:
        """Filter, sort, and page by cursor. Pages stay put while new traces arrive."""
        return _json(await list_traces(reader, query, clock.now_ns()))

    @router.get(
        "/traces/{trace_id}",
        summary="One trace",
        response_model=TraceDetail,
        responses=problem_responses(404, 422, 429, 503),
    )
    async def get_trace(
        trace_id: Annotated[
            str, Path(description="16 or 32 hex digits, or decimal", examples=["0af7651916cd43dd8448eb211c80319c"])
        ],
    ) -> Response:
        """One trace with all its spans, as columns."""
        return _json(await load_trace(reader, parse_trace_id(trace_id)))

    @router.get(
        "/spans/{span_id}",
        summary="One span",
        response_model=SpanDetail,
        responses=problem_responses(404, 422, 429, 503),
    )
    async def get_span(
        span_id: Annotated[str, Path(description="16 hex digits, or decimal", examples=["00f067aa0ba902b7"])],
        trace_id: Annotated[str, Query(description="The trace it belongs to", max_length=64)],
    ) -> Response:
        """One span with its input, output and tags."""
        return _json(await load_span(reader, parse_trace_id(trace_id), parse_span_id(span_id)))

    return router


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")

"""One trace whole, as columns; and one span with its words."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from lrcp.api.problems import ApiError
from lrcp.api.reader import QUERY_SETTINGS, TelemetryReader, query_dicts
from lrcp.api.timerange import iso_time
from lrcp.api.traces.conditions import IN_RANGE
from lrcp.api.traces.rows import TOTALS, render_totals

MAX_SPANS: Final = 100_000
BODIES_UP_TO_SPANS: Final = 200
"""A trace with more spans comes without inputs, outputs and tags; /api/spans/{span_id} has them."""

_COLUMNS: Final = (
    "span_id", "parent_id", "duration_ns", "name", "service", "resource", "kind", "status", "error_type", "provider",
    "model", "input_tokens", "output_tokens", "cost_nusd", "cost_source", "ttft_ns", "source",
)  # fmt: skip
_BODIES: Final = ("input", "output", "error_message", "tags")


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where a trace is stored: its id as stored, how many spans, and the times of its first and last, Unix nanoseconds.

    The rest is read within these times, so that one statement only looks through the whole retention.
    """

    trace_id: str
    spans: int
    first_ns: int
    last_ns: int

    def parameters(self) -> dict[str, Any]:
        return {"id": self.trace_id, "from_ns": self.first_ns, "to_ns": self.last_ns + 1}


_MINE: Final = f"trace_id = {{id:String}} AND {IN_RANGE}"


async def load_trace(reader: TelemetryReader, trace_id: str) -> dict[str, Any]:
    """A trace as in the reference of GET /api/traces/{trace_id}. Raises: ApiError 404."""
    found = await _find(reader, trace_id)
    whole = found.spans <= BODIES_UP_TO_SPANS
    columns, totals, evaluations = await asyncio.gather(
        _load_columns(reader, found, with_bodies=whole),
        query_dicts(reader, f"SELECT {TOTALS} FROM spans PREWHERE {_MINE}", found.parameters()),
        _load_evaluations(reader, found),
    )
    return {
        "trace_id": found.trace_id,
        **render_totals(totals[0]),
        "bodies": whole,
        "truncated": totals[0]["spans"] > MAX_SPANS,
        "columns": columns,
        "evaluations": evaluations,
    }


_EXTENT: Final = """
SELECT count() AS spans, toUnixTimestamp64Nano(min(start_time)) AS first_ns, toUnixTimestamp64Nano(max(start_time)) AS last_ns
FROM spans PREWHERE trace_id = {id:String}
"""
_WHOLE_ID: Final = (
    "SELECT trace_id FROM spans PREWHERE endsWith(trace_id, {low:String}) ORDER BY start_time DESC LIMIT 1"
)


async def _find(reader: TelemetryReader, trace_id: str) -> Found:
    """The trace with this id or, for 64 bits, the one whose low half it is."""
    (extent,) = await query_dicts(reader, _EXTENT, {"id": trace_id})
    if extent["spans"]:
        return Found(trace_id=trace_id, **extent)
    if trace_id.startswith("0" * 16) and (rows := await query_dicts(reader, _WHOLE_ID, {"low": trace_id[16:]})):
        return await _find(reader, str(rows[0]["trace_id"]))
    raise ApiError(404, f"there is no trace {trace_id}; it may not have arrived yet, or its retention is over")


async def _load_columns(reader: TelemetryReader, found: Found, *, with_bodies: bool) -> dict[str, list[Any]]:
    """Spans as arrays, gathered in the engine: building them from rows costs three times as much."""
    names = ["start_offset_ns", *_COLUMNS, *(_BODIES if with_bodies else ())]
    # Arrays leave nulls out; counts and costs are never negative, so -1 stands for null on the way.
    read = [f"ifNull({name}, -1) AS {name}" if name in _NULLABLE else name for name in names[1:]]
    sql = f"""
        SELECT {", ".join(f"groupArray({name})" for name in names)} FROM (
            SELECT toUnixTimestamp64Nano(start_time) - {{from_ns:Int64}} AS start_offset_ns, {", ".join(read)}
            FROM spans PREWHERE {_MINE} ORDER BY start_time, span_id LIMIT {MAX_SPANS})"""
    result = await reader.query(sql, found.parameters(), QUERY_SETTINGS)
    columns = {name: list(array) for name, array in zip(names, result.rows[0], strict=True)}
    for name in _NULLABLE:
        columns[name] = [None if value < 0 else value for value in columns[name]]
    return columns


_NULLABLE: Final = ("input_tokens", "output_tokens", "cost_nusd", "ttft_ns")

_EVALUATIONS: Final = f"""
SELECT toUnixTimestamp64Nano(time) AS time_ns, span_id, name, score, label, evaluator, evaluator_version, evidence, tags
FROM evaluations
WHERE trace_id = {{id:String}}
   OR (time >= fromUnixTimestamp64Nano({{from_ns:Int64}}, 'UTC') AND span_id IN
       (SELECT span_id FROM spans PREWHERE {_MINE}
        WHERE kind IN ('llm', 'embedding', 'agent', 'workflow', 'tool', 'task', 'retrieval')))
ORDER BY time LIMIT 5000
"""


async def _load_evaluations(reader: TelemetryReader, found: Found) -> list[dict[str, Any]]:
    """Evaluations join by span id: LLM Observability gives its own trace id to a trace that it shares with APM."""
    rows = await query_dicts(reader, _EVALUATIONS, found.parameters())
    return [{"time": iso_time(row.pop("time_ns")), **row} for row in rows]


_SPAN: Final = """
SELECT trace_id, span_id, parent_id, toUnixTimestamp64Nano(start_time) AS start_ns, duration_ns, name, service, resource,
    kind, status, error_type, error_message, env, version, ml_app, session_id, user_id, provider, model, response_model,
    input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, cost_nusd, cost_source, ttft_ns,
    finish_reason, prompt_version, route, cache, attempts, input, output, tags, source
FROM spans PREWHERE trace_id = {trace:String} AND span_id = {span:String} LIMIT 1
"""


async def load_span(reader: TelemetryReader, trace_id: str, span_id: str) -> dict[str, Any]:
    """One span with everything. Raises: ApiError 404."""
    rows = await query_dicts(reader, _SPAN, {"trace": trace_id, "span": span_id})
    if not rows:
        raise ApiError(404, f"there is no span {span_id} in trace {trace_id}")
    row = rows[0]
    return {"start_time": iso_time(row.pop("start_ns")), **row}

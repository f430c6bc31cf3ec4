"""One trace whole, as columns; and one span with its words."""

from typing import Any, Final

from lrcp.api.problems import ApiError
from lrcp.api.reader import QUERY_SETTINGS, TelemetryReader, query_dicts
from lrcp.api.timerange import iso_time
from lrcp.api.traces.rows import TOTALS, render_totals

MAX_SPANS: Final = 100_000
BODIES_UP_TO_SPANS: Final = 200
"""A trace with more spans comes without inputs, outputs and tags; /api/spans/{span_id} has them."""

_COLUMNS: Final = (
    "span_id", "parent_id", "duration_ns", "name", "service", "resource", "kind", "status", "error_type", "provider",
    "model", "input_tokens", "output_tokens", "cost_nusd", "cost_source", "ttft_ns", "source",
)  # fmt: skip
_BODIES: Final = ("input", "output", "error_message", "tags")


async def load_trace(reader: TelemetryReader, trace_id: str) -> dict[str, Any]:
    """A trace as in the reference of GET /api/traces/{trace_id}. Raises: ApiError 404."""
    found = await _find_stored_id(reader, trace_id)
    totals = await query_dicts(reader, f"SELECT {TOTALS} FROM spans PREWHERE trace_id = {{id:String}}", {"id": found})
    start_ns = totals[0]["start_ns"]
    whole = totals[0]["spans"] <= BODIES_UP_TO_SPANS
    columns = await _load_columns(reader, found, start_ns, with_bodies=whole)
    return {
        "trace_id": found,
        **render_totals(totals[0]),
        "bodies": whole,
        "truncated": totals[0]["spans"] > MAX_SPANS,
        "columns": columns,
        "evaluations": await _load_evaluations(reader, found, start_ns),
    }


async def _find_stored_id(reader: TelemetryReader, trace_id: str) -> str:
    """The id as stored: the whole one or, for 64 bits, that of the trace whose low half it is."""
    sql = "SELECT 1 FROM spans PREWHERE trace_id = {id:String} LIMIT 1"
    if await query_dicts(reader, sql, {"id": trace_id}):
        return trace_id
    if trace_id.startswith("0" * 16):
        low = "SELECT trace_id FROM spans PREWHERE endsWith(trace_id, {low:String}) ORDER BY start_time DESC LIMIT 1"
        if rows := await query_dicts(reader, low, {"low": trace_id[16:]}):
            return str(rows[0]["trace_id"])
    raise ApiError(404, f"there is no trace {trace_id}; it may not have arrived yet, or its retention is over")


async def _load_columns(
    reader: TelemetryReader, trace_id: str, start_ns: int, *, with_bodies: bool
) -> dict[str, list[Any]]:
    """Spans as arrays, gathered in the engine: building them from rows costs three times as much."""
    names = ["start_offset_ns", *_COLUMNS, *(_BODIES if with_bodies else ())]
    # Arrays leave nulls out; counts and costs are never negative, so -1 stands for null on the way.
    read = [f"ifNull({name}, -1) AS {name}" if name in _NULLABLE else name for name in names[1:]]
    sql = f"""
        SELECT {", ".join(f"groupArray({name})" for name in names)} FROM (
            SELECT toUnixTimestamp64Nano(start_time) - {{start_ns:Int64}} AS start_offset_ns, {", ".join(read)}
            FROM spans PREWHERE trace_id = {{id:String}} ORDER BY start_time, span_id LIMIT {MAX_SPANS})"""
    result = await reader.query(sql, {"id": trace_id, "start_ns": start_ns}, QUERY_SETTINGS)
    columns = {name: list(array) for name, array in zip(names, result.rows[0], strict=True)}
    for name in _NULLABLE:
        columns[name] = [None if value < 0 else value for value in columns[name]]
    return columns


_NULLABLE: Final = ("input_tokens", "output_tokens", "cost_nusd", "ttft_ns")

_EVALUATIONS: Final = """
SELECT toUnixTimestamp64Nano(time) AS time_ns, span_id, name, score, label, evaluator, evaluator_version, evidence, tags
FROM evaluations
WHERE trace_id = {id:String}
   OR (time >= fromUnixTimestamp64Nano({start_ns:Int64}, 'UTC') AND span_id != '' AND span_id IN
       (SELECT span_id FROM spans WHERE trace_id = {id:String}
        AND kind IN ('llm', 'embedding', 'agent', 'workflow', 'tool', 'task', 'retrieval')))
ORDER BY time LIMIT 5000
"""


async def _load_evaluations(reader: TelemetryReader, trace_id: str, start_ns: int) -> list[dict[str, Any]]:
    """Evaluations join by span id: LLM Observability gives its own trace id to a trace that it shares with APM."""
    rows = await query_dicts(reader, _EVALUATIONS, {"id": trace_id, "start_ns": start_ns})
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

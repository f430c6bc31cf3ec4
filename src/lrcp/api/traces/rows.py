"""One row a trace for the list: totals over its spans, and the words it began and ended with."""

from typing import Any, Final

from lrcp.api.reader import TelemetryReader, query_dicts
from lrcp.api.timerange import iso_time
from lrcp.api.traces.conditions import GENERATION, IN_RANGE
from lrcp.api.traces.find import Place, rows_parameters
from lrcp.api.traces.preview import preview_input, preview_output

_ROOT_ORDER: Final = "(parent_id != '', start_time)"
"""The root comes first; while it has not arrived, the earliest span stands for it."""

_WORDS_ORDER: Final = "(parent_id != '', kind NOT IN ('workflow', 'agent', 'llm'), start_time)"
"""Whose words stand for the trace: the root's, else those of what the application asked a model, else of any span."""

TOTALS: Final = f"""
    count() AS spans,
    countIf(status = 'error') AS errors,
    countIf({GENERATION}) AS generations,
    countIf({GENERATION} AND cost_nusd IS NULL) AS unpriced,
    sumOrNullIf(input_tokens, {GENERATION}) AS input_tokens,
    sumOrNullIf(output_tokens, {GENERATION}) AS output_tokens,
    sumOrNullIf(cost_nusd, {GENERATION}) AS cost_nusd,
    arraySort(groupUniqArrayIf(20)(model, {GENERATION} AND model != '')) AS models,
    argMinOrNullIf(ttft_ns, start_time, ttft_ns IS NOT NULL) AS ttft_ns,
    argMin((name, service, resource, parent_id = '', duration_ns, env, ml_app), {_ROOT_ORDER}) AS root,
    toUnixTimestamp64Nano(min(start_time)) AS start_ns,
    max(toUnixTimestamp64Nano(start_time) + duration_ns) AS end_ns,
    anyIf(session_id, session_id != '') AS session_id,
    anyIf(user_id, user_id != '') AS user_id
"""

_SQL: Final = f"""
SELECT trace_id, {TOTALS},
    argMinIf(leftUTF8(input, 6000), {_WORDS_ORDER}, input != '') AS first_input,
    argMinIf(leftUTF8(output, 2000), {_WORDS_ORDER}, output != '') AS last_output,
    argMinIf(if(error_message != '', error_message, error_type), start_time,
        status = 'error' AND (error_message != '' OR error_type != '')) AS error
FROM spans
PREWHERE {IN_RANGE} AND trace_id IN {{ids:Array(String)}}
GROUP BY trace_id
"""


async def load_rows(reader: TelemetryReader, places: list[Place]) -> list[dict[str, Any]]:
    """The rows of these traces, in their order."""
    if not places:
        return []
    rows = {row["trace_id"]: row for row in await query_dicts(reader, _SQL, rows_parameters(places))}
    return [_render_row(rows[place.trace_id]) for place in places if place.trace_id in rows]


def _render_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "trace_id": row["trace_id"],
        **render_totals(row),
        "input": preview_input(row["first_input"]),
        "output": preview_output(row["last_output"]),
        "error": (row["error"] or "")[:300],
    }


def render_totals(row: dict[str, Any]) -> dict[str, Any]:
    """The members of a trace that come from TOTALS."""
    name, service, resource, has_root, root_duration_ns, env, ml_app = _root(row["root"])
    extent_ns = row["end_ns"] - row["start_ns"]
    return {
        "name": name,
        "service": service,
        "resource": resource,
        "env": env,
        "ml_app": ml_app,
        "root_arrived": bool(has_root),
        "start_time": iso_time(row["start_ns"]),
        "duration_ns": root_duration_ns if has_root else extent_ns,
        "status": "error" if row["errors"] else "ok",
        "spans": row["spans"],
        "errors": row["errors"],
        "generations": row["generations"],
        "models": row["models"],
        "input_tokens": row["input_tokens"],
        "output_tokens": row["output_tokens"],
        "cost_nusd": row["cost_nusd"],
        "cost_state": cost_state(row["generations"], row["unpriced"]),
        "ttft_ns": row["ttft_ns"],
        "session_id": row["session_id"],
        "user_id": row["user_id"],
    }


def _root(root: Any) -> tuple[Any, ...]:
    return tuple(root.values()) if isinstance(root, dict) else tuple(root)


def cost_state(generations: int, unpriced: int) -> str:
    """none: nothing to pay for; complete, partial (some generations have no known price), unknown (none has)."""
    if not generations:
        return "none"
    if not unpriced:
        return "complete"
    return "unknown" if unpriced == generations else "partial"

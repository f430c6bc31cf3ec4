"""Finding traces: first which ones, from a narrow scan; then their rows, from a bounded window of time.

By time, a trace stands at its first span that matches. The scan reads matching spans backwards from the cursor; a trace
whose first match lies beyond what was scanned is undecided, and the scan goes deeper until the page is full.
"""

from dataclasses import dataclass
from typing import Any, Final

from lrcp.api.reader import TelemetryReader, query_dicts
from lrcp.api.timerange import TimeRange
from lrcp.api.traces.conditions import GENERATION, IN_RANGE, Conditions
from lrcp.api.traces.cursor import Cursor

SORTS: Final = {
    "duration": "max(duration_ns)",
    "cost": f"toInt64(sumOrDefault(if({GENERATION}, ifNull(cost_nusd, 0), 0)))",
    "tokens": f"toInt64(sumOrDefault(if({GENERATION}, ifNull(input_tokens, 0) + ifNull(output_tokens, 0), 0)))",
}
"""Sorts that look at every trace of the range, and what each sorts by."""

_HOUR_NS: Final = 3_600_000_000_000
TRACE_WINDOW_NS: Final = 6 * _HOUR_NS
"""Spans of a trace further than this from its match are not looked for."""

_SCAN_ROWS_PER_TRACE: Final = 40
_SCAN_MATCHES_PER_TRACE: Final = 6
"""How deep the first scan goes: without filters every span of a trace counts, with filters only a few of each do."""
_MAX_SCAN_ROWS: Final = 500_000


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a trace stands in the list: its key by the sort, and its first match, Unix nanoseconds."""

    trace_id: str
    key: int
    start_ns: int


async def find_places(
    reader: TelemetryReader, conditions: Conditions, *, sort: str, cursor: Cursor | None, limit: int
) -> list[Place]:
    """The first `limit` traces after the cursor, in the order of the sort (greatest key first)."""
    if sort != "time":
        return await _by_total(reader, conditions, sort, cursor, limit)
    scan_rows = limit * (_SCAN_ROWS_PER_TRACE if conditions.span == "1" else _SCAN_MATCHES_PER_TRACE)
    while True:
        places, complete = await _scan(reader, conditions, cursor, scan_rows, limit)
        if complete or len(places) >= limit or scan_rows >= _MAX_SCAN_ROWS:
            return places[:limit]
        scan_rows *= 6


async def _scan(
    reader: TelemetryReader, conditions: Conditions, cursor: Cursor | None, scan_rows: int, limit: int
) -> tuple[list[Place], bool]:
    """Traces that are decided within the newest scan_rows matches, and whether that was all there is."""
    parameters = {**conditions.parameters, "scan_rows": scan_rows, "keep": 2 * limit}
    after = ""
    if cursor:
        parameters |= {"key": cursor.key, "after": cursor.trace_id}
        after = (
            " AND start_time <= fromUnixTimestamp64Nano({key:Int64}, 'UTC')"
            " AND (start_time < fromUnixTimestamp64Nano({key:Int64}, 'UTC') OR trace_id < {after:String})"
        )
    sql = f"""
        SELECT trace_id, min(start_time) AS first, max(start_time) AS last,
               min(first) OVER () AS boundary, sum(count()) OVER () AS scanned
        FROM (SELECT trace_id, start_time FROM spans
              WHERE {IN_RANGE}{after} AND {conditions.span} AND {conditions.trace}
              ORDER BY start_time DESC LIMIT {{scan_rows:UInt32}})
        GROUP BY trace_id ORDER BY first DESC, trace_id DESC LIMIT {{keep:UInt32}}"""
    sql = f"SELECT trace_id, {_ns('first')} AS first_ns, {_ns('last')} AS last_ns, {_ns('boundary')} AS boundary_ns, scanned FROM ({sql})"
    rows = await query_dicts(reader, sql, parameters)
    if not rows:
        return [], True
    complete = rows[0]["scanned"] < scan_rows
    boundary_ns = rows[0]["boundary_ns"]
    firsts = {row["trace_id"]: row["first_ns"] for row in rows}
    if not complete:
        firsts = await _true_firsts(reader, conditions, firsts, boundary_ns)
    decided = [
        Place(trace_id=trace_id, key=first_ns, start_ns=first_ns)
        for trace_id, first_ns in firsts.items()
        if complete or first_ns >= boundary_ns or scan_rows >= _MAX_SCAN_ROWS
    ]
    return sorted(decided, key=lambda place: (place.key, place.trace_id), reverse=True), complete


async def _true_firsts(
    reader: TelemetryReader, conditions: Conditions, firsts: dict[str, int], boundary_ns: int
) -> dict[str, int]:
    """First matches below the boundary, where the scan did not look."""
    parameters = {
        **conditions.parameters,
        "ids": list(firsts),
        "boundary_ns": boundary_ns,
        "floor_ns": boundary_ns - TRACE_WINDOW_NS,
    }
    sql = f"""
        SELECT trace_id, {_ns("min(start_time)")} AS first_ns FROM spans
        WHERE {IN_RANGE} AND start_time >= fromUnixTimestamp64Nano({{floor_ns:Int64}}, 'UTC')
          AND start_time < fromUnixTimestamp64Nano({{boundary_ns:Int64}}, 'UTC')
          AND trace_id IN {{ids:Array(String)}} AND {conditions.span}
        GROUP BY trace_id"""
    earlier = {row["trace_id"]: row["first_ns"] for row in await query_dicts(reader, sql, parameters)}
    return firsts | earlier


async def _by_total(
    reader: TelemetryReader, conditions: Conditions, sort: str, cursor: Cursor | None, limit: int
) -> list[Place]:
    parameters = {**conditions.parameters, "limit": limit}
    after = ""
    if cursor:
        parameters |= {"key": cursor.key, "after": cursor.trace_id}
        after = "HAVING (key, trace_id) < ({key:Int64}, {after:String})"
    # Totals are of the whole trace, so the span filters choose traces and do not cut what is summed.
    chosen = (
        ""
        if conditions.span == "1"
        else (f" AND trace_id IN (SELECT trace_id FROM spans WHERE {IN_RANGE} AND {conditions.span})")
    )
    narrow = "" if sort == "duration" else f" AND {GENERATION}"
    sql = f"""
        SELECT trace_id, {SORTS[sort]} AS key, {_ns("min(start_time)")} AS start_ns FROM spans
        WHERE {IN_RANGE}{narrow}{chosen} AND {conditions.trace}
        GROUP BY trace_id {after} ORDER BY key DESC, trace_id DESC LIMIT {{limit:UInt32}}"""
    rows = await query_dicts(reader, sql, parameters)
    return [Place(trace_id=row["trace_id"], key=row["key"], start_ns=row["start_ns"]) for row in rows]


def _ns(column: str) -> str:
    return f"toUnixTimestamp64Nano({column})"


def window_of(places: list[Place]) -> TimeRange:
    """Where all spans of these traces lie."""
    starts = [place.start_ns for place in places]
    return TimeRange(from_ns=max(0, min(starts) - TRACE_WINDOW_NS), to_ns=max(starts) + TRACE_WINDOW_NS)


def rows_parameters(places: list[Place]) -> dict[str, Any]:
    """The parameters of a statement over the spans of these traces."""
    window = window_of(places)
    return {"ids": [place.trace_id for place in places], "from_ns": window.from_ns, "to_ns": window.to_ns}

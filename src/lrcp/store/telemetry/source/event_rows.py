"""Rows that a search finds, a page at a time, by their time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lrcp.model.errors import InputError
from lrcp.query.search.ast import Search, SearchAnd
from lrcp.query.search.facets import find_source
from lrcp.store.telemetry.source.binder import Binder
from lrcp.store.telemetry.source.conditions import Conditions
from lrcp.store.telemetry.source.operands import Operands
from lrcp.store.telemetry.source.relations import in_range, relation
from lrcp.store.telemetry.store import TelemetryStore


@dataclass(frozen=True, slots=True)
class Place:
    """A row in the order of a list. tie: what orders rows of one time; passed: rows with the same time and tie that came."""

    time_ns: int
    tie: int
    passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsWanted:
    """source: as in EventScan. [from_ns, to_ns): of their times. after: the last row of the page before, None the first.
    skip: rows that are left out at the beginning, for lists by the number of a page.
    """

    source: str
    search: Search
    from_ns: int
    to_ns: int
    newest_first: bool
    limit: int
    after: Place | None = None
    skip: int = 0


_SETTINGS: Final[Mapping[str, Any]] = {
    "max_execution_time": 30,
    "max_memory_usage": 3_000_000_000,
    "max_ast_elements": 1_000_000,
    "max_expanded_ast_elements": 5_000_000,
    "max_query_size": 64_000_000,
    "precise_float_parsing": 1,
}

_TIES: Final = {
    "logs": "cityHash64(service, status, message, trace_id, span_id, host, attributes, tags)",
    "spans": "cityHash64(trace_id, span_id)",
    "events": "id",
}
_SPAN_COLUMNS: Final = (
    "trace_id, span_id, parent_id, duration_ns, name, service, resource, kind, status, error_type, error_message, env,"
    " version, ml_app, session_id, user_id, provider, model, response_model, input_tokens, output_tokens,"
    " cached_input_tokens, reasoning_tokens, cost_nusd, ttft_ns, finish_reason, input, output, tags"
)
_COLUMNS: Final = {
    "logs": "service, status, message, trace_id, span_id, env, host, source, tags, attributes",
    "spans": _SPAN_COLUMNS,
    "events": "id, title, text, alert_type, priority, source, aggregation_key, host, tags",
}


async def find_rows(store: TelemetryStore, wanted: RowsWanted) -> list[dict[str, Any]]:
    """The columns of each row by name, with `time_ns` and `tie`.

    Raises: InputError - no such source, or one whose rows are of several tables; UnavailableError, BusyError - the store.
    """
    sql, parameters = _statement(wanted)
    found = await store.query(sql, parameters, _SETTINGS)
    names = [name for name, _ in found.columns]
    return [dict(zip(names, row, strict=True)) for row in found.rows]


def _statement(wanted: RowsWanted) -> tuple[str, dict[str, Any]]:
    source, binder = find_source(wanted.source), Binder()
    if source.kind not in _COLUMNS:
        raise InputError(f"rows of {wanted.source} cannot be listed: they are of several tables")
    operands = Operands(binder)
    search = wanted.search if source.only is None else SearchAnd((source.only, wanted.search))
    found = Conditions(source, binder, operands).of(search, indexed=True)
    rows = relation(source, wanted.from_ns, wanted.to_ns, binder, operands.evaluations)
    conditions = [in_range(source.time, wanted.from_ns, wanted.to_ns, binder), found]
    tie, direction = _TIES[source.kind], "DESC" if wanted.newest_first else "ASC"
    skipped = wanted.skip
    if wanted.after is not None:
        conditions.append(_behind(wanted, source.time, tie, binder))
        skipped += wanted.after.passed
    sql = (
        f"SELECT toUnixTimestamp64Nano({source.time}) AS time_ns, {tie} AS tie, {_COLUMNS[source.kind]} FROM {rows}"
        f" WHERE {' AND '.join(conditions)}"
        f" ORDER BY {source.time} {direction}, tie {direction} LIMIT {int(wanted.limit)} OFFSET {int(skipped)}"
    )
    return sql, binder.parameters


def _behind(wanted: RowsWanted, time: str, tie: str, binder: Binder) -> str:
    """The condition of not being before a place; rows that equal it are skipped by their number."""
    assert wanted.after is not None
    sign = "<" if wanted.newest_first else ">"
    moment = f"fromUnixTimestamp64Nano({binder.integer(wanted.after.time_ns)}, 'UTC')"
    least = f"toUInt64({binder.text(str(wanted.after.tie))})"
    return f"({time} {sign} {moment} OR ({time} = {moment} AND {tie} {sign}= {least}))"

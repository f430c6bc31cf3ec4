"""What a search for traces asks, and the conditions it puts on spans, as ClickHouse SQL."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from lrcp.api.timerange import TimeRange

GENERATION: Final = "kind IN ('llm', 'embedding')"
"""Spans whose tokens and cost are counted."""

_EQUAL_COLUMNS: Final = {
    "service": "service",
    "env": "env",
    "provider": "provider",
    "kind": "kind",
    "ml_app": "ml_app",
    "session": "session_id",
    "user": "user_id",
    "source": "source",
}


@dataclass(frozen=True, kw_only=True)
class TraceSearch:
    """Filters of the list. Those on a span must hold for one and the same span; duration is of the root, cost of the trace."""

    equal: dict[str, list[str]] = field(default_factory=dict)
    """Filter name (a key of _EQUAL_COLUMNS, or model) to the values of which one must match."""
    status: str = ""
    text: str = ""
    min_duration_ns: int | None = None
    max_duration_ns: int | None = None
    min_cost_nusd: int | None = None
    max_cost_nusd: int | None = None


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """span: what a matching span fulfils; trace: what its trace fulfils besides (semi-joins); both SQL, '1' for none."""

    span: str
    trace: str
    parameters: dict[str, Any]


def plan_conditions(search: TraceSearch, within: TimeRange) -> Conditions:
    """The conditions of a search in a time range."""
    parameters: dict[str, Any] = {"from_ns": within.from_ns, "to_ns": within.to_ns}
    on_span = [*_equal_conditions(search, parameters), *_text_conditions(search.text, parameters)]
    on_trace = [*_duration_conditions(search, parameters), *_cost_conditions(search, parameters)]
    if search.status == "error":
        on_span.append("status = 'error'")
    elif search.status == "ok":
        on_trace.append(f"trace_id NOT IN (SELECT trace_id FROM spans WHERE {IN_RANGE} AND status = 'error')")
    return Conditions(span=" AND ".join(on_span) or "1", trace=" AND ".join(on_trace) or "1", parameters=parameters)


IN_RANGE: Final = (
    "start_time >= fromUnixTimestamp64Nano({from_ns:Int64}, 'UTC')"
    " AND start_time < fromUnixTimestamp64Nano({to_ns:Int64}, 'UTC')"
)


def _equal_conditions(search: TraceSearch, parameters: dict[str, Any]) -> list[str]:
    conditions = []
    for name, values in search.equal.items():
        if not values:
            continue
        parameters[f"f_{name}"] = values
        wanted = f"{{f_{name}:Array(String)}}"
        if name == "model":
            conditions.append(f"(has({wanted}, model) OR has({wanted}, response_model))")
        else:
            conditions.append(f"has({wanted}, {_EQUAL_COLUMNS[name]})")
    return conditions


_PHRASE = re.compile(r'"([^"]*)"')
_TOKEN = re.compile(r"[0-9a-z\u0080-\U0010ffff]+")
_ASCII_LOWER: Final = {upper: upper + 32 for upper in range(65, 91)}
_MAX_TOKENS: Final = 32


def _text_conditions(text: str, parameters: dict[str, Any]) -> list[str]:
    """Words are looked up in the text index (all of them, in the prompt or in the answer); "phrases" are substrings."""
    conditions = []
    tokens = _TOKEN.findall(_PHRASE.sub(" ", text).translate(_ASCII_LOWER))[:_MAX_TOKENS]
    if tokens:
        parameters["tokens"] = tokens
        conditions.append(
            "(hasAllTokens(input, {tokens:Array(String)}) OR hasAllTokens(output, {tokens:Array(String)}))"
        )
    phrases = [phrase for phrase in _PHRASE.findall(text) if phrase][:8]
    for number, phrase in enumerate(phrases):
        escaped = re.sub(r"([\\%_])", r"\\\1", phrase)
        parameters[f"phrase{number}"] = f"%{escaped}%"
        conditions.append(f"(input ILIKE {{phrase{number}:String}} OR output ILIKE {{phrase{number}:String}})")
    return conditions


def _bounds(name: str, column: str, low: int | None, high: int | None, parameters: dict[str, Any]) -> list[str]:
    conditions = []
    for side, operator, bound in (("min", ">=", low), ("max", "<=", high)):
        if bound is not None:
            parameters[f"{side}_{name}"] = bound
            conditions.append(f"{column} {operator} {{{side}_{name}:Int64}}")
    return conditions


def _duration_conditions(search: TraceSearch, parameters: dict[str, Any]) -> list[str]:
    bounds = _bounds("duration", "duration_ns", search.min_duration_ns, search.max_duration_ns, parameters)
    if not bounds:
        return []
    roots = f"SELECT trace_id FROM spans WHERE {IN_RANGE} AND parent_id = '' AND {' AND '.join(bounds)}"
    return [f"trace_id IN ({roots})"]


def _cost_conditions(search: TraceSearch, parameters: dict[str, Any]) -> list[str]:
    bounds = _bounds("cost", "sum(cost_nusd)", search.min_cost_nusd, search.max_cost_nusd, parameters)
    if not bounds:
        return []
    costs = (
        f"SELECT trace_id FROM spans WHERE {IN_RANGE} AND {GENERATION} GROUP BY trace_id HAVING {' AND '.join(bounds)}"
    )
    return [f"trace_id IN ({costs})"]

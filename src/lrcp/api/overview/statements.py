"""What the overview asks of the store: five-minute periods where the steps allow it, 10-second buckets elsewhere.

Both are aggregated to (step, group) first and to totals from there, so that each stored sketch is merged once.
"""

from dataclasses import dataclass
from typing import Any, Final

from lrcp.api.timerange import NS, TimeRange

PERIOD_S: Final = 300
"""Of traffic_5m, which says the same as `metrics` up to its last period; the time after that is read from `metrics`."""

# The first number is the sketch's relative accuracy; what comes out are the five quantiles after it.
_QUANTILES: Final = "0.005, 0.5, 0.75, 0.9, 0.95, 0.99"
_COUNTS: Final = {
    "requests": "sumIf(sum, metric = 'llm.request.count')",
    "errors": "sumIf(sum, metric = 'llm.request.error.count')",
    "input_tokens": "sumIf(sum, metric = 'llm.tokens.input')",
    "output_tokens": "sumIf(sum, metric = 'llm.tokens.output')",
    "cost_usd": "sumIf(sum, metric = 'llm.cost.usd')",
    "priced": "sumIf(count, metric = 'llm.cost.usd')",
}
"""Column of traffic_5m to what it is in `metrics`."""
_SKETCHES: Final = {"latency": "llm.request.duration", "ttft": "llm.request.ttft"}
_METRICS: Final = (
    "metric IN ('llm.request.count', 'llm.request.error.count', 'llm.request.duration', 'llm.request.ttft',"
    " 'llm.tokens.input', 'llm.tokens.output', 'llm.cost.usd')"
)
_FROM_BUCKETS: Final = ", ".join(
    [
        *(f"{total} AS {name}" for name, total in _COUNTS.items()),
        *(
            f"quantilesDDMergeStateIf({_QUANTILES})(sketch, metric = '{metric}') AS {name}"
            for name, metric in _SKETCHES.items()
        ),
    ]
)
_FROM_PERIODS: Final = ", ".join(
    [
        *(f"sum({name}) AS {name}" for name in _COUNTS),
        *(f"quantilesDDMergeState({_QUANTILES})({name}) AS {name}" for name in _SKETCHES),
    ]
)
_MERGED: Final = ", ".join(
    [
        *(f"sum({name}) AS {name}" for name in _COUNTS),
        *(f"quantilesDDMerge({_QUANTILES})({name}) AS {name}" for name in _SKETCHES),
    ]
)
_ROLLED_UP_TO: Final = f"(SELECT max(time) + {PERIOD_S} FROM traffic_5m)"


@dataclass(frozen=True, kw_only=True)
class OverviewQuery:
    """within is cut to whole steps; only: tags that a series must have, by key."""

    within: TimeRange
    step_s: int
    group_by: str
    only: dict[str, str]


def parameters(query: OverviewQuery, within: TimeRange) -> dict[str, Any]:
    """Of both statements."""
    only = {f"only_{key}": f"{key}:{value}" for key, value in query.only.items()}
    return {"from_s": within.from_ns // NS, "to_s": within.to_ns // NS, "step_s": query.step_s, **only}


def series_sql(query: OverviewQuery) -> str:
    """Rows by step and group, by step, by group, and one of all; every_step and every_group say which."""
    return f"""
        SELECT step, key, grouping(step) AS every_step, grouping(key) AS every_group, {_MERGED}
        FROM ({_steps_sql(query, _step_and_key(query))})
        GROUP BY GROUPING SETS ((step, key), (step), (key), ())"""


def totals_sql(query: OverviewQuery) -> str:
    """One row."""
    return f"SELECT {_MERGED} FROM ({_steps_sql(query, '0 AS step, 0 AS key')})"


def _step_and_key(query: OverviewQuery) -> str:
    prefix = f"{query.group_by}:"
    return (
        "toInt64(intDiv(toUnixTimestamp(time), {step_s:Int64}) * {step_s:Int64}) AS step,"
        f" substring(arrayFirst(tag -> startsWith(tag, '{prefix}'), tags), {len(prefix) + 1}) AS key"
    )


def _steps_sql(query: OverviewQuery, step_and_key: str) -> str:
    """Rows of (step, key, counts, sketch states), maybe several a step and key."""
    where = "time >= toDateTime({from_s:Int64}, 'UTC') AND time < toDateTime({to_s:Int64}, 'UTC')"
    where += "".join(f" AND has(tags, {{only_{key}:String}})" for key in query.only)
    buckets = f"SELECT {step_and_key}, {_FROM_BUCKETS} FROM metrics WHERE {_METRICS} AND {where}"
    if query.step_s % PERIOD_S:
        return f"{buckets} GROUP BY step, key"
    return f"""
        SELECT {step_and_key}, {_FROM_PERIODS} FROM traffic_5m FINAL WHERE {where} GROUP BY step, key
        UNION ALL {buckets} AND time >= {_ROLLED_UP_TO} GROUP BY step, key"""

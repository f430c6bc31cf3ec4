"""Series and totals of the model traffic, from the pre-aggregated llm.* metrics."""

import math
from dataclasses import dataclass
from typing import Any, Final

from lrcp.api.problems import field_error
from lrcp.api.reader import TelemetryReader, query_dicts
from lrcp.api.timerange import NS, TimeRange, iso_time
from lrcp.model.metric import BUCKET_S

GROUP_KEYS: Final = ("model", "service", "provider", "env", "ml_app", "endpoint", "route")
MAX_POINTS: Final = 1_500
MAX_GROUPS: Final = 50
_AIM_POINTS: Final = 120
_STEPS_S: Final = (10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800)

FIELDS: Final = (
    "requests", "errors", "p50_s", "p95_s", "p99_s", "ttft_p50_s", "ttft_p95_s", "input_tokens", "output_tokens",
    "cost_nusd", "unpriced",
)  # fmt: skip
"""What each point and each total says. unpriced: requests whose price is unknown, which cost_nusd leaves out."""

# The first number is the sketch's relative accuracy; what comes out are the five quantiles after it.
_QUANTILES: Final = "0.01, 0.5, 0.75, 0.9, 0.95, 0.99"
_SKETCH: Final = f"quantilesDDMergeIf({_QUANTILES})(sketch, metric = '%s')"
_MEASURES: Final = f"""
    sumIf(sum, metric = 'llm.request.count') AS requests,
    sumIf(sum, metric = 'llm.request.error.count') AS errors,
    {_SKETCH % "llm.request.duration"} AS latency,
    {_SKETCH % "llm.request.ttft"} AS ttft,
    sumIf(sum, metric = 'llm.tokens.input') AS input_tokens,
    sumIf(sum, metric = 'llm.tokens.output') AS output_tokens,
    sumIf(sum, metric = 'llm.cost.usd') AS cost_usd,
    sumIf(count, metric = 'llm.cost.usd') AS priced
"""
_METRICS: Final = (
    "metric IN ('llm.request.count', 'llm.request.error.count', 'llm.request.duration', 'llm.request.ttft',"
    " 'llm.tokens.input', 'llm.tokens.output', 'llm.cost.usd')"
)


@dataclass(frozen=True, kw_only=True)
class OverviewQuery:
    """within is cut to whole steps; only: tags that a series must have, by key."""

    within: TimeRange
    step_s: int
    group_by: str
    only: dict[str, str]


def plan_overview(within: TimeRange, step_s: int | None, group_by: str, only: dict[str, str]) -> OverviewQuery:
    """Align the range to whole steps; the step is chosen for about 120 points unless given.

    Raises: ApiError 422 - too many points.
    """
    step = step_s or next((one for one in _STEPS_S if within.span_s / one <= _AIM_POINTS), _STEPS_S[-1])
    step = max(BUCKET_S, math.ceil(step / BUCKET_S) * BUCKET_S)
    start_s = within.from_ns // NS // step * step
    end_s = math.ceil(within.to_ns / NS / step) * step
    if (end_s - start_s) // step > MAX_POINTS:
        raise field_error(
            "query.step", f"that makes more than {MAX_POINTS} points; take a larger step or a shorter range"
        )
    aligned = TimeRange(from_ns=start_s * NS, to_ns=end_s * NS)
    return OverviewQuery(within=aligned, step_s=step, group_by=group_by, only=only)


async def load_overview(reader: TelemetryReader, query: OverviewQuery) -> dict[str, Any]:
    """Series and totals, all together and by group, with the totals of the period before."""
    rows = await query_dicts(reader, _series_sql(query), _parameters(query, query.within))
    width_ns = query.within.to_ns - query.within.from_ns
    before = TimeRange(from_ns=max(0, query.within.from_ns - width_ns), to_ns=query.within.from_ns)
    previous = await query_dicts(reader, _totals_sql(query), _parameters(query, before))
    times = list(range(query.within.from_ns // NS, query.within.to_ns // NS, query.step_s))
    whole = [row for row in rows if row["every_group"]]
    return {
        "from": iso_time(query.within.from_ns),
        "to": iso_time(query.within.to_ns),
        "step_s": query.step_s,
        "group_by": query.group_by,
        "times_s": times,
        "totals": _total(whole),
        "previous": _render_point(previous[0]) if previous and previous[0]["requests"] else None,
        "series": _series(whole, times),
        "groups": _groups([row for row in rows if not row["every_group"]], times),
    }


def _parameters(query: OverviewQuery, within: TimeRange) -> dict[str, Any]:
    only = {f"only_{key}": f"{key}:{value}" for key, value in query.only.items()}
    return {"from_s": within.from_ns // NS, "to_s": within.to_ns // NS, "step_s": query.step_s, **only}


def _where(query: OverviewQuery) -> str:
    only = "".join(f" AND has(tags, {{only_{key}:String}})" for key in query.only)
    return (
        f"{_METRICS} AND time >= toDateTime({{from_s:Int64}}, 'UTC') AND time < toDateTime({{to_s:Int64}}, 'UTC'){only}"
    )


def _series_sql(query: OverviewQuery) -> str:
    prefix = f"{query.group_by}:"
    return f"""
        SELECT step, key, grouping(step) AS every_step, grouping(key) AS every_group, {_MEASURES}
        FROM (SELECT *, toInt64(intDiv(toUnixTimestamp(time), {{step_s:Int64}}) * {{step_s:Int64}}) AS step,
              substring(arrayFirst(tag -> startsWith(tag, '{prefix}'), tags), {len(prefix) + 1}) AS key
              FROM metrics WHERE {_where(query)})
        GROUP BY GROUPING SETS ((step, key), (step), (key), ())"""


def _totals_sql(query: OverviewQuery) -> str:
    return f"SELECT {_MEASURES} FROM metrics WHERE {_where(query)}"


def _total(rows: list[dict[str, Any]]) -> dict[str, Any]:
    found = next((row for row in rows if row["every_step"]), None)
    return _render_point(found) if found else dict.fromkeys(FIELDS, 0) | dict.fromkeys(_QUANTILE_FIELDS)


_QUANTILE_FIELDS: Final = ("p50_s", "p95_s", "p99_s", "ttft_p50_s", "ttft_p95_s")


def _render_point(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "requests": round(row["requests"]),
        "errors": round(row["errors"]),
        "p50_s": _finite(row["latency"][0]),
        "p95_s": _finite(row["latency"][3]),
        "p99_s": _finite(row["latency"][4]),
        "ttft_p50_s": _finite(row["ttft"][0]),
        "ttft_p95_s": _finite(row["ttft"][3]),
        "input_tokens": round(row["input_tokens"]),
        "output_tokens": round(row["output_tokens"]),
        "cost_nusd": round(row["cost_usd"] * 1e9),
        "unpriced": max(0, round(row["requests"]) - round(row["priced"])),
    }


def _finite(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _series(rows: list[dict[str, Any]], times: list[int]) -> dict[str, list[Any]]:
    """Points by field, one a step; where nothing was asked, counts are 0 and quantiles null."""
    points = {row["step"]: _render_point(row) for row in rows if not row["every_step"]}
    empty: dict[str, Any] = dict.fromkeys(FIELDS, 0) | dict.fromkeys(_QUANTILE_FIELDS)
    return {name: [points.get(time, empty)[name] for time in times] for name in FIELDS}


def _groups(rows: list[dict[str, Any]], times: list[int]) -> list[dict[str, Any]]:
    by_key: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_key.setdefault(row["key"], []).append(row)
    groups = [{"key": key, "totals": _total(one)} for key, one in by_key.items()]
    groups.sort(key=lambda group: (-group["totals"]["requests"], group["key"]))  # type: ignore[index]
    return [{**group, "series": _series(by_key[str(group["key"])], times)} for group in groups[:MAX_GROUPS]]

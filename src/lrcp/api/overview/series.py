"""Series and totals of the model traffic, rendered from what statements.py asks."""

import asyncio
import math
from typing import Any, Final

from lrcp.api.overview.statements import OverviewQuery, parameters, series_sql, totals_sql
from lrcp.api.problems import field_error
from lrcp.api.reader import TelemetryReader, query_dicts
from lrcp.api.timerange import NS, TimeRange, iso_time
from lrcp.model.metric import BUCKET_S

MAX_POINTS: Final = 1_500
MAX_GROUPS: Final = 50
_AIM_POINTS: Final = 120
_STEPS_S: Final = (10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800)

FIELDS: Final = (
    "requests", "errors", "p50_s", "p95_s", "p99_s", "ttft_p50_s", "ttft_p95_s", "input_tokens", "output_tokens",
    "cost_nusd", "unpriced",
)  # fmt: skip
"""What each point and each total says. unpriced: requests whose price is unknown, which cost_nusd leaves out."""


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
    width_ns = query.within.to_ns - query.within.from_ns
    before = TimeRange(from_ns=max(0, query.within.from_ns - width_ns), to_ns=query.within.from_ns)
    rows, previous = await asyncio.gather(
        query_dicts(reader, series_sql(query), parameters(query, query.within)),
        query_dicts(reader, totals_sql(query), parameters(query, before)),
    )
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

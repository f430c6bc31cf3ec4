"""Replies to queries, as the official client reads them."""

import math
from typing import Any, Final

import numpy as np

from lrcp.datadog.metrics_query.asked import Asked
from lrcp.query.compute.series import SeriesSet
from lrcp.query.metric.ast import Expression, MetricQuery
from lrcp.query.metric.printer import print_expression, print_scope

_UNITS: Final[dict[str, tuple[str, str, str, float]]] = {
    "percent": ("percentage", "percent", "%", 1.0),
    "byte": ("bytes", "bytes", "B", 1.0),
    "nanosecond": ("time", "nanoseconds", "ns", 1e-9),
    "microsecond": ("time", "microseconds", "us", 1e-6),
    "millisecond": ("time", "milliseconds", "ms", 1e-3),
    "second": ("time", "seconds", "s", 1.0),
    "minute": ("time", "minutes", "min", 60.0),
    "hour": ("time", "hours", "hr", 3600.0),
    "dollar": ("money", "dollars", "$", 1.0),
    "request": ("network", "requests", "req", 1.0),
}
"""name -> (family, plural, short name, scale)."""


def render_timeseries(found: list[SeriesSet]) -> dict[str, Any]:
    """The moments at which any series has a point, and each series' values at these."""
    times = sorted({time for one in found for time in one.grid.starts_s[~np.isnan(one.values).all(axis=0)].tolist()})
    columns = {time: place for place, time in enumerate(times)}
    series, values = [], []
    for place, one in enumerate(found):
        at = [columns.get(time) for time in one.grid.starts_s.tolist()]
        kept = [i for i, column in enumerate(at) if column is not None]
        for group, row in zip(one.groups, one.values, strict=True):
            line: list[float | None] = [None] * len(times)
            for i in kept:
                line[at[i] or 0] = _plain(row[i])
            series.append({"group_tags": _tags(one.keys, group), "query_index": place, "unit": render_unit(one.unit)})
            values.append(line)
    attributes = {"series": series, "times": [1000 * time for time in times], "values": values}
    return {"data": {"id": "0", "type": "timeseries_response", "attributes": attributes}}


def render_scalars(asked: Asked, found: list[SeriesSet]) -> dict[str, Any]:
    """A column a key, then one a formula; rows are the groups of all of them, in the order of the first that has them."""
    keys = max((one.keys for one in found), key=len, default=())
    rows = list(dict.fromkeys(group for one in found if one.keys == keys for group in one.groups))
    columns: list[dict[str, Any]] = [
        {"name": key, "type": "group", "values": [[group[place]] for group in rows]} for place, key in enumerate(keys)
    ]
    for formula, one in zip(asked.formulas, found, strict=True):
        values = dict(zip(one.groups, one.values[:, 0].tolist(), strict=True))
        alone = values.get((), math.nan)
        cells = [_plain(values.get(group, alone)) for group in rows]
        meta = {"unit": render_unit(one.unit)}
        columns.append({"name": formula.text, "type": "number", "values": cells, "meta": meta})
    return {"data": {"id": "0", "type": "scalar_response", "attributes": {"columns": columns}}}


def render_unit(name: str) -> list[Any] | None:
    """[unit, per unit], None without one."""
    if not name:
        return None
    family, plural, short, scale = _UNITS.get(name, ("", f"{name}s", name, 1.0))
    return [{"family": family, "name": name, "plural": plural, "scale_factor": scale, "short_name": short}, None]


def _tags(keys: tuple[str, ...], group: tuple[str, ...]) -> list[str]:
    return [f"{key}:{value}" for key, value in zip(keys, group, strict=True)]


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def render_older(place: int, expression: Expression, found: SeriesSet) -> list[dict[str, Any]]:
    """Series of `/api/v1/query`, of the query at a place; those without a point are left out."""
    about, step_s = _describe(expression), found.grid.step_s
    series = []
    for group, row in zip(found.groups, found.values, strict=True):
        at = np.flatnonzero(np.isfinite(row))
        if not len(at):
            continue
        times, tags = found.grid.starts_s[at], _tags(found.keys, group)
        points = zip(times.tolist(), row[at].tolist(), strict=True)
        of_group: dict[str, Any] = {
            "attributes": {},
            "end": int(times[-1] + step_s) * 1000 - 1,
            "interval": step_s,
            "length": len(at),
            "pointlist": [[time * 1000.0, value] for time, value in points],
            "query_index": place,
            "scope": ",".join(tags) or about["scope"],
            "start": int(times[0]) * 1000,
            "tag_set": tags,
            "unit": render_unit(found.unit),
        }
        series.append(about | of_group)
    return series


def _describe(expression: Expression) -> dict[str, Any]:
    """What the reply tells of a query itself; of arithmetic the metric is its whole text."""
    text = print_expression(expression)
    if not isinstance(expression, MetricQuery):
        return {"aggr": None, "display_name": text, "expression": text, "metric": text, "scope": "*"}
    scope, metric = print_scope(expression.scope), expression.metric
    return {
        "aggr": expression.aggregator or None,
        "display_name": metric,
        "expression": text,
        "metric": metric,
        "scope": scope,
    }

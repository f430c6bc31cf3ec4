"""`/api/v1/slo/{id}/history`: the document of an SLO's history."""

from typing import Any, Final

from lrcp.datadog.slos.view import render_slo
from lrcp.model.resource import Resource
from lrcp.monitors.slo.budget import remaining_percent
from lrcp.monitors.slo.history import state_of
from lrcp.monitors.slo.measure import Course, Part, SloHistory

SPAN_PRECISION: Final = 2
NO_EVENTS: Final = {"error_type": "ZERO_VALUED_DENOMINATOR", "error_message": "The denominator is zero valued"}
"""In the server's words."""

Thresholds = dict[str, dict[str, Any]]
"""By timeframe, as in the document."""


def render_history(slo: Resource, found: SloHistory, asked: tuple[int, int], target: float | None) -> dict[str, Any]:
    """The reply's `data`.

    Args:
        asked: the period, Unix seconds. target: percent that was asked for, which makes a timeframe `custom`.
    """
    thresholds = {one["timeframe"]: one for one in slo.document["thresholds"]}
    if target is not None:
        thresholds = {"custom": {"timeframe": "custom", "target": target, "target_display": f"{target:g}"}}
    data: dict[str, Any] = {
        "thresholds": thresholds,
        "from_ts": asked[0],
        "to_ts": asked[1],
        "type": slo.document["type"],
        "type_id": slo.document["type_id"],
        "slo": render_slo(slo),
        "group_by": sorted({part.name.partition(":")[0] for part in found.groups if ":" in part.name}),
        "overall": _overall(slo, found, thresholds),
    }
    if found.groups:
        data["groups"] = [_part(one, thresholds) | {"group": one.name} for one in found.groups]
    if found.monitors:
        data["monitors"] = [_monitor(one, thresholds) for one in found.monitors]
    if found.course is not None:
        data["series"] = _series(found.course, slo.document["query"], asked)
    return data


def _overall(slo: Resource, found: SloHistory, thresholds: Thresholds) -> dict[str, Any]:
    corrected = [{"start": start_s, "end": end_s} for start_s, end_s in found.corrected]
    return _part(found.overall, thresholds) | {"name": slo.document["name"], "corrections": corrected}


def _part(part: Part, thresholds: Thresholds) -> dict[str, Any]:
    percent = None if part.sli is None else part.sli * 100
    first = next(iter(thresholds.values()))
    document: dict[str, Any] = {
        "name": part.name,
        "sli_value": percent,
        "uptime": percent,
        "span_precision": SPAN_PRECISION,
        "precision": dict.fromkeys(thresholds, 0 if percent is None else SPAN_PRECISION),
        "state": state_of(part.sli, first["target"] / 100, first.get("warning")),
    }
    if part.sli is None:
        return document | {"errors": [NO_EVENTS]}
    budgets = {frame: remaining_percent(part.sli, one["target"] / 100) for frame, one in thresholds.items()}
    history = {"history": [list(change) for change in part.changes]} if part.changes else {}
    return document | {"error_budget_remaining": budgets} | history


def _monitor(part: Part, thresholds: Thresholds) -> dict[str, Any]:
    document = _part(part, thresholds)
    if part.past is None:
        return document
    named = {"name": part.past.name, "monitor_type": part.past.type, "monitor_modified": part.past.modified_s}
    return document | named


def _series(course: Course, query: dict[str, str], asked: tuple[int, int]) -> dict[str, Any]:
    good, valid = (f"default_zero({query[part]})" for part in ("numerator", "denominator"))
    return {
        "res_type": "time_series",
        "resp_version": 2,
        "query": f"{good}, {valid}",
        "numerator_query": good,
        "denominator_query": valid,
        "bad_series_query": f"{valid} - {good}",
        "graph_query": f"{good}, {valid} - {good}",
        "from_date": asked[0] * 1000,
        "to_date": asked[1] * 1000,
        "message": "",
        "interval": course.step_s,
        "times": [time_s * 1000.0 for time_s in course.times_s],
        "numerator": _events(course.good, good, 0),
        "denominator": _events(course.valid, valid, 1),
    }


def _events(values: tuple[float, ...], expression: str, index: int) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "unit": None,
        "query_index": index,
        "aggr": "sum",
        "tag_set": [],
        "expression": expression,
    }
    return {"values": list(values), "metadata": metadata, "sum": float(sum(values)), "count": len(values)}

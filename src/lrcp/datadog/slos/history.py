"""`/api/v1/slo/{id}/history`: the document of an SLO's history."""

from typing import Any, Final

from lrcp.datadog.slos.ports import SloHistory, SloIndicator, SloSeries
from lrcp.datadog.slos.view import render_slo
from lrcp.model.resource import Resource

SPAN_PRECISION: Final = 2


def render_history(slo: Resource, found: SloHistory, from_s: int, to_s: int, target: float | None) -> dict[str, Any]:
    """The reply's `data`. target: percent that was asked for, which makes a timeframe `custom`."""
    thresholds = {one["timeframe"]: one for one in slo.document["thresholds"]}
    if target is not None:
        thresholds["custom"] = {"timeframe": "custom", "target": target, "target_display": f"{target:g}"}
    data: dict[str, Any] = {
        "thresholds": thresholds,
        "from_ts": from_s,
        "to_ts": to_s,
        "type": slo.document["type"],
        "type_id": slo.document["type_id"],
        "slo": render_slo(slo),
        "group_by": [],
        "overall": _indicator(found.overall, thresholds),
    }
    if found.groups:
        data["groups"] = [_indicator(one, thresholds) for one in found.groups]
    if found.monitors:
        data["monitors"] = [_indicator(one, thresholds) for one in found.monitors]
    if found.series is not None:
        data["series"] = _series(found.series, slo.document["query"], from_s, to_s)
    return data


def state_of(found: SloIndicator, threshold: dict[str, Any]) -> str:
    """`no_data`, `breached`, `warning` or `ok`, against one threshold."""
    if found.sli_percent is None:
        return "no_data"
    if found.sli_percent < threshold["target"]:
        return "breached"
    return "warning" if found.sli_percent < threshold.get("warning", 0) else "ok"


def _indicator(found: SloIndicator, thresholds: dict[str, dict[str, Any]]) -> dict[str, Any]:
    first = next(iter(thresholds.values()))
    document: dict[str, Any] = {
        "name": found.name,
        "sli_value": found.sli_percent,
        "uptime": found.sli_percent,
        "span_precision": SPAN_PRECISION,
        "precision": dict.fromkeys(thresholds, 0 if found.sli_percent is None else SPAN_PRECISION),
        "corrections": [],
        "state": state_of(found, first),
    }
    if found.budget_percent:
        document["error_budget_remaining"] = found.budget_percent
    if found.changes:
        document["history"] = [list(change) for change in found.changes]
    if found.error:
        document["errors"] = [{"error_type": found.error[0], "error_message": found.error[1]}]
    if found.group:
        document["group"] = found.group
    if found.monitor_type:
        document |= {"monitor_type": found.monitor_type, "monitor_modified": found.monitor_modified_s or 0}
    return document


def _series(series: SloSeries, query: dict[str, str], from_s: int, to_s: int) -> dict[str, Any]:
    good, valid = (f"default_zero({query[part]})" for part in ("numerator", "denominator"))
    return {
        "res_type": "time_series",
        "resp_version": 2,
        "query": f"{good}, {valid}",
        "numerator_query": good,
        "denominator_query": valid,
        "bad_series_query": f"{valid} - {good}",
        "graph_query": f"{good}, {valid} - {good}",
        "from_date": from_s * 1000,
        "to_date": to_s * 1000,
        "message": "",
        "interval": series.interval_s,
        "times": [time_s * 1000.0 for time_s in series.times_s],
        "numerator": _events(series.good, good, 0),
        "denominator": _events(series.valid, valid, 1),
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

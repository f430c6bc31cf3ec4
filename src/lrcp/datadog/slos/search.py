"""`/api/v1/slo/search` and the filters of the list: by words of the name, by tags, by facets."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from lrcp.datadog.identity import HANDLE, NAME, USER_ID
from lrcp.datadog.slos.history import NO_EVENTS, SPAN_PRECISION
from lrcp.datadog.times import unix_s
from lrcp.model.resource import Resource
from lrcp.monitors.slo.history import SloStatus


def matches(slo: Resource, query: str) -> bool:
    """Whether every word of the query is a tag (`key:value`) of the SLO, or a part of its name."""
    name, tags = slo.document["name"].lower(), {tag.lower() for tag in slo.document["tags"]}
    return all(word in tags or word in name for word in query.lower().replace(" and ", " ").split())


def render_result(slo: Resource, found: SloStatus | str, now_s: int) -> dict[str, Any]:
    """One SLO among the results. found: how it fares in its timeframe, or why that cannot be told."""
    document = slo.document
    tags = document["tags"]
    attributes = {
        "name": document["name"],
        "description": document["description"] or None,
        "slo_type": document["type"],
        "monitor_ids": document.get("monitor_ids"),
        "groups": document.get("groups"),
        "query": {"metrics": None, **document["query"]} if "query" in document else None,
        "thresholds": [_threshold(one) for one in document["thresholds"]],
        "timeframe": document["timeframe"],
        "target_threshold": document["target_threshold"],
        "warning_threshold": document.get("warning_threshold"),
        "all_tags": tags,
        **{f"{key}_tags": _values(tags, key) for key in ("env", "service", "team")},
        "creator": {"name": NAME, "id": USER_ID, "email": HANDLE},
        "created_at": unix_s(slo.created_ns),
        "modified_at": unix_s(slo.modified_ns),
        **_status(document["thresholds"][0], found, now_s),
    }
    return {"data": {"type": "slo", "id": slo.id, "attributes": attributes}}


def _threshold(threshold: dict[str, Any]) -> dict[str, Any]:
    """Here the numbers are shown without the point that they have elsewhere."""
    shown = {name: f"{threshold[name]:g}" for name in ("target", "warning") if name in threshold}
    return threshold | {f"{name}_display": text for name, text in shown.items()}


def _status(threshold: dict[str, Any], found: SloStatus | str, now_s: int) -> dict[str, Any]:
    told = isinstance(found, SloStatus) and found.sli is not None
    error = found if isinstance(found, str) else None if told else NO_EVENTS["error_message"]
    sli, budget = (found.sli * 100, found.remaining_percent) if told else (None, None)  # type: ignore[union-attr, operator]
    shared = {
        "error_budget_remaining": budget,
        "raw_error_budget_remaining": {"value": budget, "unit": "percent"} if told else None,
        "indexed_at": now_s,
        "span_precision": SPAN_PRECISION if told else None,
        "state": found.state if isinstance(found, SloStatus) else "no_data",
    }
    frame = {"target": threshold["target"], "timeframe": threshold["timeframe"]}
    return {
        "overall_status": [shared | frame | {"status": sli, "error": error}],
        "status": shared | {"sli": sli, "calculation_error": error},
    }


def _values(tags: Sequence[str], key: str) -> list[str]:
    return [tag.partition(":")[2] for tag in tags if tag.startswith(f"{key}:")]


def facets(slos: Sequence[Resource]) -> dict[str, Any]:
    """How many SLOs have each value of what one can search by."""
    documents = [slo.document for slo in slos]
    return {
        "all_tags": _counts(tag for document in documents for tag in document["tags"]),
        **{
            f"{key}_tags": _counts(v for d in documents for v in _values(d["tags"], key))
            for key in ("env", "service", "team")
        },
        "creator_name": _counts(NAME for _ in documents),
        "slo_type": _counts(document["type_id"] for document in documents),
        "target": _counts(document["target_threshold"] for document in documents),
        "timeframe": _counts(document["timeframe"] for document in documents),
    }


def _counts(values: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"name": name, "count": count} for name, count in Counter(values).most_common()]

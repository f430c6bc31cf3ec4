"""Downtimes as v2 answers them."""

from typing import Any

from lrcp.datadog.downtimes.periods import find_period, status_of
from lrcp.datadog.identity import INCLUDED_USER, USER_LINK
from lrcp.datadog.times import exact_s, iso_seconds, iso_time
from lrcp.model.resource import Resource


def render_downtime(downtime: Resource, now_ns: int) -> dict[str, Any]:
    """One downtime with its status and times."""
    document = {name: value for name, value in downtime.document.items() if name != "v1"}
    schedule = document["schedule"]
    if "recurrences" in schedule:
        document["schedule"] = schedule | {"current_downtime": _current(document, now_ns)}
    attributes = document | {
        "status": status_of(document, exact_s(now_ns)),
        "created": iso_time(downtime.created_ns),
        "modified": iso_time(downtime.modified_ns),
    }
    monitor_id = document["monitor_identifier"].get("monitor_id")
    monitor = None if monitor_id is None else {"type": "monitors", "id": str(monitor_id)}
    relationships = {"created_by": USER_LINK, "monitor": {"data": monitor}}
    return {"type": "downtime", "id": downtime.id, "attributes": attributes, "relationships": relationships}


def render_one(downtime: Resource, now_ns: int) -> dict[str, Any]:
    """The body of a reply about one downtime."""
    return {"data": render_downtime(downtime, now_ns), "included": [INCLUDED_USER]}


def render_match(downtime: Resource, groups: list[str], now_ns: int) -> dict[str, Any]:
    """A downtime that silences a monitor now."""
    period = find_period(downtime.document, exact_s(now_ns))
    start, end = (None, None) if period is None else (period.start_s, period.end_s)
    attributes = {
        "groups": groups,
        "scope": downtime.document["scope"],
        "start": None if start is None else iso_seconds(start),
        "end": None if end is None else iso_seconds(end),
    }
    return {"type": "downtime_match", "id": downtime.id, "attributes": attributes}


def _current(document: dict[str, Any], now_ns: int) -> dict[str, Any]:
    period = find_period(document, exact_s(now_ns))
    if period is None:
        return {}
    return {
        "start": iso_seconds(period.start_s),
        "end": None if period.end_s is None else iso_seconds(period.end_s),
    }

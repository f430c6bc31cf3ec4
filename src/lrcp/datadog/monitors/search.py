"""`/api/v1/monitor/search` and `/groups/search`: results, pages, and counts by facet. Source: recordings."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lrcp.datadog.identity import CREATOR, HANDLE, NAME, ORG_ID
from lrcp.datadog.monitors.facts import Facts, classification, find_facts
from lrcp.datadog.monitors.search_query import Candidate
from lrcp.model.monitor_state import DATADOG_NAMES, GroupState, State
from lrcp.model.resource import Resource
from lrcp.query.errors import QueryError
from lrcp.query.monitor.parser import parse_monitor_query

_HANDLE: Final = re.compile(r"(?<!\S)@([\w.+-]{1,200}(?:@[\w.-]{1,200})?)")
_ORDER: Final = {"Alert": 0, "Warn": 1, "No Data": 2, "OK": 3}


@dataclass(frozen=True, slots=True)
class Found:
    """A monitor with what the search looks at. muted_until_s: end of its silence; 0 without an end, None not muted."""

    monitor: Resource
    state: State
    groups: Sequence[GroupState]
    facts: Facts
    muted_until_s: int | None = None

    @property
    def muted(self) -> bool:
        return self.muted_until_s is not None

    @property
    def tags(self) -> list[str]:
        return list(self.monitor.document["tags"])


def facts_of(document: dict[str, Any]) -> Facts:
    """Facts of a kept definition; none of one that can no longer be read."""
    try:
        return find_facts(parse_monitor_query(document["type"], document["query"]), document["options"])
    except QueryError:
        return Facts()


def candidate_of(found: Found, group: GroupState | None = None) -> Candidate:
    """What a search sees of a monitor, or of one of its groups."""
    document = found.monitor.document
    state = found.state if group is None else group.state
    groups = [one.group for one in found.groups] if group is None else [group.group]
    tags = found.tags + ([] if group is None or group.group == "*" else group.group.split(","))
    fields = {
        "status": [DATADOG_NAMES[state]],
        "group_status": [DATADOG_NAMES[one.state] for one in found.groups] if group is None else [DATADOG_NAMES[state]],
        "type": [classification(document["type"]), document["type"]],
        "tag": tags,
        "metric": found.facts.metrics,
        "scope": found.facts.scopes,
        "group": groups,
        "muted": ["true" if found.muted else "false"],
        "creator": [NAME, HANDLE],
        "notification": handles_of(document),
        "priority": [f"p{document['priority']}", str(document["priority"])] if document["priority"] else [],
        "id": [found.monitor.id],
        "query": [document["query"]],
        "draft_status": [document["draft_status"]],
    }
    lower = {name: tuple(value.lower() for value in values) for name, values in fields.items()}
    return Candidate(document["name"].lower(), lower, tuple(tag.lower() for tag in tags))


def handles_of(document: dict[str, Any]) -> list[str]:
    """Handles in a message, each once."""
    return list(dict.fromkeys(handle.rstrip(".") for handle in _HANDLE.findall(document["message"])))


def render_result(found: Found) -> dict[str, Any]:
    """One monitor among the results."""
    document = found.monitor.document
    triggered = [one.last_triggered_s for one in found.groups if one.last_triggered_s]
    return {
        "id": int(found.monitor.id),
        "org_id": ORG_ID,
        "name": document["name"],
        "type": document["type"],
        "classification": classification(document["type"]),
        "status": DATADOG_NAMES[found.state],
        "query": document["query"],
        "tags": found.tags,
        "scopes": list(found.facts.scopes),
        "metrics": list(found.facts.metrics),
        "priority": document["priority"],
        "creator": {member: CREATOR[member] for member in ("handle", "id", "name")},
        "notifications": [{"handle": one, "name": one.partition("-")[0].capitalize()} for one in handles_of(document)],
        "last_triggered_ts": int(max(triggered)) if triggered else None,
        "muted_until_ts": found.muted_until_s or None,
        "overall_state_modified": None,
        "restricted_roles": document["restricted_roles"] or [],
        "quality_issues": [],
    }


def render_group_result(found: Found, group: GroupState) -> dict[str, Any]:
    """One group among the results."""
    name = "total" if group.group == "*" else group.group
    return {
        "monitor_id": int(found.monitor.id),
        "monitor_name": found.monitor.document["name"],
        "priority": found.monitor.document["priority"],
        "group": name,
        "group_tags": name.split(","),
        "status": DATADOG_NAMES[group.state],
        "last_nodata_ts": int(group.last_nodata_s or 0),
        "last_triggered_ts": int(group.last_triggered_s or 0),
        "all_tags": found.tags,
        "env_tags": [tag for tag in found.tags if tag.startswith("env:")],
        "team_tags": [tag for tag in found.tags if tag.startswith("team:")],
        "muted": found.muted,
        "muted_until_ts": found.muted_until_s or None,
        "muted_remaining": None,
        "downtimes": [],
    }


def count_facets(results: Sequence[tuple[Found, State]]) -> dict[str, Any]:
    """How many results have each status, tag, type, and are muted; the most frequent first."""
    return {
        "status": _counts(DATADOG_NAMES[state] for _, state in results),
        "muted": _counts(found.muted for found, _ in results),
        "tag": _counts(tag for found, _ in results for tag in found.tags),
        "type": _counts(classification(found.monitor.document["type"]) for found, _ in results),
    }


def _counts(values: Iterable[Any]) -> list[dict[str, Any]]:
    counted = sorted(Counter(values).items(), key=lambda one: (-one[1], str(one[0])))
    return [{"name": name, "count": count} for name, count in counted]


def page_of(total: int, page: int, per_page: int) -> dict[str, int]:
    """The `metadata` of a page."""
    return {"total_count": total, "page_count": -(-total // per_page), "page": page, "per_page": per_page}


SORT_KEYS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    "name": lambda one: (one.get("name") or one.get("monitor_name") or "").lower(),
    "status": lambda one: _ORDER.get(one["status"], len(_ORDER)),
    "tags": lambda one: sorted(one.get("tags", one.get("all_tags", []))),
}
"""Field of `sort` -> what results are sorted by."""

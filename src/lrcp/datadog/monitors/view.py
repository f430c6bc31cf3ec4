"""Monitors as the API answers them, with the states of their groups."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from lrcp.datadog.errors import invalid
from lrcp.datadog.identity import CREATOR, ORG_ID
from lrcp.datadog.monitors.facts import find_facts, server_type
from lrcp.datadog.times import iso_seconds, iso_time
from lrcp.model.monitor_state import DATADOG_NAMES, GroupState, State
from lrcp.model.resource import Resource
from lrcp.query.errors import QueryError
from lrcp.query.monitor.parser import parse_monitor_query

Match = tuple[Resource, list[str]]
"""A downtime that silences a monitor, and the groups it silences."""

NEW_STATE: Final = State.NO_DATA
"""What a monitor is in before its first evaluation."""

_GROUP_STATES: Final[dict[str, Collection[State]]] = {
    "all": tuple(State),
    "alert": (State.ALERT,),
    "warn": (State.WARN,),
    "no data": (State.NO_DATA,),
    "ok": (State.OK,),
}


def parse_group_states(words: Sequence[str]) -> frozenset[State]:
    """Which groups are asked for; none without words. Raises: Refusal - there is no such word."""
    if not set(words) <= _GROUP_STATES.keys():
        raise invalid("Invalid group_state filters.")
    return frozenset(state for word in words for state in _GROUP_STATES[word])


def render_monitor(
    monitor: Resource,
    state: State = NEW_STATE,
    *,
    groups: Sequence[GroupState] = (),
    shown: Collection[State] = (),
    downtimes: Sequence[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """One monitor.

    Args:
        groups: its groups. shown: states of those that are shown, none: there is no member `state`.
        downtimes: as they stand in `matching_downtimes`; None: there is no such member.
    """
    document = dict(monitor.document)
    type_name, multi = _type_and_multi(document)
    answer: dict[str, Any] = {"id": int(monitor.id), "org_id": ORG_ID, **document, "type": type_name, "multi": multi}
    answer["assets"] = [{"monitor_id": int(monitor.id), **asset} for asset in document["assets"]]
    answer |= {
        "created_at": monitor.created_ns // 10**9 * 1000,
        "created": iso_time(monitor.created_ns),
        "modified": iso_time(monitor.modified_ns),
        "deleted": iso_time(monitor.deleted_ns) if monitor.deleted_ns else None,
        "restriction_policy": None,
        "overall_state_modified": _since(groups, state),
        "overall_state": DATADOG_NAMES[state],
        "creator": CREATOR,
    }
    if shown:
        answer["state"] = {"groups": {one.group: render_group(one) for one in groups if one.state in shown}}
    if downtimes is not None:
        answer["matching_downtimes"] = list(downtimes)
        answer["options"] = document["options"] | {"silenced": _silenced(downtimes)}
    return answer


def render_group(group: GroupState) -> dict[str, Any]:
    """A group's state; times that never were are 0, which the official clients take where null is none."""
    times: Mapping[str, float | None] = {
        "last_nodata_ts": group.last_nodata_s,
        "last_notified_ts": group.notified_s,
        "last_resolved_ts": group.last_resolved_s,
        "last_triggered_ts": group.last_triggered_s,
    }
    seconds = {name: int(value or 0) for name, value in times.items()}
    return {"name": group.group, "status": DATADOG_NAMES[group.state], **seconds}


def _type_and_multi(document: dict[str, Any]) -> tuple[str, bool]:
    """What the server calls the type, and whether there is an alert for each group."""
    try:
        query = parse_monitor_query(document["type"], document["query"])
    except QueryError:
        # Kept by an older version that read it; it is shown as it is, and its evaluation says what is wrong.
        return document["type"], False
    by = find_facts(query, document["options"]).by
    return server_type(document["type"], query), bool(by) and document["options"].get("notify_by") != ["*"]


def _since(groups: Sequence[GroupState], state: State) -> str | None:
    times = [one.since_s for one in groups if one.state == state and one.since_s is not None]
    return iso_seconds(max(times)) if times else None


def _silenced(downtimes: Sequence[dict[str, Any]]) -> dict[str, int | None]:
    """Scope -> end of the silence, Unix seconds; null has no end."""
    return {",".join(one["scope"]): one["end"] for one in downtimes}

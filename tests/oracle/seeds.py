"""What an organisation had before a recording began, where its replies show it: it is created here first."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.oracle.recordings import Recording
from tests.oracle.replay import Send

Ids = dict[str, Any]
"""Recorded id -> ours."""

METRIC_QUERY: Final = {"numerator": "sum:a{*}.as_count()", "denominator": "sum:b{*}.as_count()"}
THRESHOLD: Final = {"timeframe": "7d", "target": 90}


def seed(recording: Recording, send: Send) -> Ids:
    """Create what a recording finds. Returns: the ids of it."""
    plant = SEEDS.get(recording.name)
    return {} if plant is None else plant(recording, send)


def _post(send: Send, path: str, body: Any) -> Any:
    status, answer, text = send("POST", path, [], body)
    assert status == 200, (path, body, text)
    return answer


def _listed(recording: Recording, member: str = "") -> Iterator[Any]:
    """What the recorded lists hold, in their order."""
    for interaction in recording.interactions:
        if interaction.method == "GET":
            yield from interaction.reply[member] if member else interaction.reply


def _monitors(recording: Recording, send: Send) -> Ids:
    members = ("type", "query", "name", "message", "tags", "options")
    return {
        str(one["id"]): _post(send, "/api/v1/monitor", {member: one[member] for member in members})["id"]
        for one in _listed(recording)
    }


def _dashboards(recording: Recording, send: Send) -> Ids:
    members = ("title", "layout_type", "description")
    return {
        one["id"]: _post(send, "/api/v1/dashboard", {member: one[member] for member in members} | {"widgets": []})["id"]
        for one in _listed(recording, "dashboards")
    }


def _new_monitor(send: Send) -> int:
    body = {"type": "metric alert", "query": "avg(last_5m):avg:a{*} > 1", "name": "a"}
    return int(_post(send, "/api/v1/monitor", body)["id"])


def _new_slo(send: Send) -> str:
    body = {"name": "other", "type": "metric", "query": METRIC_QUERY, "thresholds": [THRESHOLD]}
    return str(_post(send, "/api/v1/slo", body)["data"][0]["id"])


def _slos(recording: Recording, send: Send) -> Ids:
    ids: Ids = {}
    members = ("name", "type", "query", "thresholds", "tags", "description", "monitor_ids")
    for one in _listed(recording, "data"):
        for monitor_id in one.get("monitor_ids", ()):
            ids[str(monitor_id)] = _new_monitor(send)
        body = {member: one[member] for member in members if member in one}
        body["monitor_ids"] = [ids[str(id)] for id in one.get("monitor_ids", ())]
        ids[one["id"]] = _post(send, "/api/v1/slo", body)["data"][0]["id"]
    return ids


def _corrections(recording: Recording, send: Send) -> Ids:
    ids: Ids = {}
    members = ("start", "end", "description", "category", "timezone")
    for one in _listed(recording, "data"):
        given = one["attributes"]
        slo_id = ids[given["slo_id"]] = _new_slo(send)
        attributes = {member: given[member] for member in members} | {"slo_id": slo_id}
        body = {"data": {"type": "correction", "attributes": attributes}}
        ids[one["id"]] = _post(send, "/api/v1/slo/correction", body)["data"]["id"]
    return ids


def _another_correction(recording: Recording, send: Send) -> Ids:
    attributes = {"slo_id": _new_slo(send), "start": 1, "end": 2, "category": "Other"}
    _post(send, "/api/v1/slo/correction", {"data": {"type": "correction", "attributes": attributes}})
    return {}


def _another_list(recording: Recording, send: Send) -> Ids:
    other = recording.interactions[1].reply["dashboard_lists"][1]
    made = _post(send, "/api/v1/dashboard/lists/manual", {"name": other["name"]})
    dashboard = _post(send, "/api/v1/dashboard", {"title": "a", "layout_type": "ordered", "widgets": []})
    items = [{"id": dashboard["id"], "type": "custom_timeboard"}]
    _post(send, f"/api/v2/dashboard/lists/manual/{made['id']}/dashboards", {"dashboards": items})
    return {str(other["id"]): made["id"]}


def _another_policy(recording: Recording, send: Send) -> Ids:
    other = recording.interactions[1].reply["data"][0]
    body = {"data": {"type": "monitor-config-policy", "attributes": other["attributes"]}}
    return {other["id"]: _post(send, "/api/v2/monitor/policy", body)["data"]["id"]}


def _downtimes(recording: Recording, send: Send) -> Ids:
    ids, members = {}, ("scope", "monitor_identifier", "schedule")
    for one in _listed(recording, "data"):
        attributes = {member: one["attributes"][member] for member in members}
        body = {"data": {"type": "downtime", "attributes": attributes}}
        ids[one["id"]] = _post(send, "/api/v2/downtime", body)["data"]["id"]
    return ids


def _events(recording: Recording, send: Send) -> Ids:
    """Enough of them for three pages."""
    for number in range(6):
        status, _, text = send("POST", "/api/v1/events", [], {"title": f"seed {number}", "text": recording.name})
        assert status == 202, text
    return {}


def _metrics(recording: Recording, send: Send) -> Ids:
    """Enough of them for three pages."""
    now_s = int(recording.frozen_s)
    series = [{"metric": f"seed.m{number}", "points": [[now_s, 1]], "type": "gauge"} for number in range(6)]
    status, _, text = send("POST", "/api/v1/series", [], {"series": series})
    assert status == 202, text
    return {}


def _silenced_monitor(recording: Recording, send: Send) -> Ids:
    """The monitor that is asked for, with the downtime that the reply shows."""
    monitor_id = _new_monitor(send)
    shown = recording.interactions[0].reply["data"][0]["attributes"]
    schedule = {"start": shown["start"], "end": shown["end"]}
    attributes = {"scope": shown["scope"], "monitor_identifier": {"monitor_id": monitor_id}, "schedule": schedule}
    _post(send, "/api/v2/downtime", {"data": {"type": "downtime", "attributes": attributes}})
    return {recording.interactions[0].path.split("/")[4]: monitor_id}


SEEDS: Final[dict[str, Callable[[Recording, Send], Ids]]] = {
    "v1/get_all_monitors_returns_ok_response_with_pagination": _monitors,
    "v1/get_all_dashboards_returns_ok_response_with_pagination": _dashboards,
    "v1/get_all_slos_returns_ok_response_with_pagination": _slos,
    "v1/get_all_slo_corrections_returns_ok_response": _another_correction,
    "v1/get_all_slo_corrections_returns_ok_response_with_pagination": _corrections,
    "v1/get_all_dashboard_lists_returns_ok_response": _another_list,
    "v2/get_all_monitor_configuration_policies_returns_ok_response": _another_policy,
    "v2/get_all_downtimes_returns_ok_response_with_pagination": _downtimes,
    "v2/get_a_list_of_events_returns_ok_response_with_pagination": _events,
    "v2/search_events_returns_ok_response_with_pagination": _events,
    "v2/get_a_list_of_metrics_returns_success_response_with_pagination": _metrics,
    "v2/get_active_downtimes_for_a_monitor_returns_ok_response": _silenced_monitor,
}
"""Recording -> how what it finds is created."""

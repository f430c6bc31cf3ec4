"""Lists, states, searches: which monitors are found, and what is told of them."""

from typing import Any

import pytest

from lrcp.model.monitor_state import GroupState, State
from tests.support.datadog_api import DatadogApi
from tests.unit.datadog.conftest import NOW_S


def make(api: DatadogApi, name: str, query: str = "", **members: Any) -> int:
    body = {"type": "metric alert", "name": name, "query": query or "avg(last_5m):avg:load{*} by {host} > 4"}
    return int(api.made("/api/v1/monitor", body | members)["id"])


def group(name: str, state: State, **times: Any) -> GroupState:
    return GroupState(group=name, state=state, since_s=NOW_S - 60, **times)


@pytest.fixture
def three(api: DatadogApi) -> list[int]:
    """Load (two groups, one alerting), latency (all well), checkout logs (never evaluated)."""
    ids = [
        make(api, "High load", tags=["team:infra", "env:prod"], message="@slack-ops @pagerduty"),
        make(api, "Latency", "avg(last_5m):p95:latency{env:prod,service:shop} > 2", tags=["team:shop"], priority=2),
        make(
            api,
            "Checkout errors",
            'logs("service:checkout").index("main").rollup("count").last("5m") > 2',
            type="log alert",
        ),
    ]
    alerting = group("host:a", State.ALERT, last_triggered_s=NOW_S - 60, notified_s=NOW_S - 50)
    api.remember(ids[0], alerting, group("host:b", State.OK, last_resolved_s=NOW_S - 90))
    api.remember(ids[1], group("*", State.OK))
    return ids


def listed(api: DatadogApi, **query: Any) -> list[int]:
    status, documents = api.ask("GET", "/api/v1/monitor", **query)
    assert status == 200, documents
    return [one["id"] for one in documents]


def found(api: DatadogApi, query: str) -> set[str]:
    status, document = api.ask("GET", "/api/v1/monitor/search", query=query)
    assert status == 200, document
    return {one["name"] for one in document["monitors"]}


def test_the_list_is_narrowed_by_name_tags_and_scope(api: DatadogApi, three: list[int]) -> None:
    load, latency, errors = three
    assert listed(api) == three
    assert listed(api, name="LOAD") == [load]
    assert listed(api, monitor_tags="team:infra,env:prod") == [load]
    assert listed(api, tags="service:shop") == [latency]
    assert listed(api, monitor_tags="team:none") == []
    assert errors in listed(api)


def test_the_list_is_paged_by_number_and_by_the_last_id(api: DatadogApi, three: list[int]) -> None:
    assert listed(api, page=0, page_size=2) == three[:2]
    assert listed(api, page=1, page_size=2) == three[2:]
    assert listed(api, id_offset=0, page_size=2) == three[:2]
    assert listed(api, id_offset=three[1], page_size=2) == three[2:]
    assert api.ask("GET", "/api/v1/monitor", page=0, page_size=2_000)[0] == 400


def test_states_of_groups_are_shown_where_they_are_asked_for(api: DatadogApi, three: list[int]) -> None:
    path = f"/api/v1/monitor/{three[0]}"
    plain = api.ask("GET", path)[1]
    assert plain["overall_state"] == "Alert"
    assert plain["overall_state_modified"] == "2026-11-20T23:59:00.000000+00:00"
    assert "state" not in plain
    alerting = api.ask("GET", path, group_states="alert")[1]["state"]["groups"]
    assert alerting == {
        "host:a": {
            "name": "host:a",
            "status": "Alert",
            "last_triggered_ts": NOW_S - 60,
            "last_notified_ts": NOW_S - 50,
            "last_resolved_ts": 0,
            "last_nodata_ts": 0,
        }
    }
    assert set(api.ask("GET", path, group_states="all")[1]["state"]["groups"]) == {"host:a", "host:b"}
    shown = {one["id"]: one["state"]["groups"] for one in api.ask("GET", "/api/v1/monitor", group_states="all")[1]}
    assert set(shown[three[0]]) == {"host:a", "host:b"}
    assert shown[three[2]] == {}


def test_states_are_forgotten_with_the_monitor(api: DatadogApi, three: list[int]) -> None:
    api.ask("DELETE", f"/api/v1/monitor/{three[0]}")
    assert three[0] not in api.states.load()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"High load", "Latency", "Checkout errors"}),
        ("status:alert", {"High load"}),
        ('status:"no data"', {"Checkout errors"}),
        ("status:(alert OR ok)", {"High load", "Latency"}),
        ("type:log", {"Checkout errors"}),
        ("type:metric -status:alert", {"Latency"}),
        ('tag:"team:shop"', {"Latency"}),
        ("team:infra", {"High load"}),
        ("team:*", {"High load", "Latency"}),
        ("metric:latency", {"Latency"}),
        ('scope:"env:prod,service:shop"', {"Latency"}),
        ("notification:slack-ops", {"High load"}),
        ("priority:p2", {"Latency"}),
        ("group_status:ok", {"High load", "Latency"}),
        ("muted:true", set()),
        ("load", {"High load"}),
        ("title:check* errors", {"Checkout errors"}),
        ("NOT load", {"Latency", "Checkout errors"}),
    ],
)
def test_the_search_finds(api: DatadogApi, three: list[int], query: str, names: set[str]) -> None:
    assert found(api, query) == names


@pytest.mark.parametrize("query", ["status:notastatus", "(", "@a:[1 TO 2]"])
def test_a_search_that_means_nothing_is_refused(api: DatadogApi, query: str) -> None:
    for path in ("/api/v1/monitor/search", "/api/v1/monitor/groups/search"):
        status, document = api.ask("GET", path, query=query)
        assert status == 400
        assert document["errors"][0].startswith("Query parsing error: ")


def test_the_search_counts_facets_and_pages_results(api: DatadogApi, three: list[int]) -> None:
    document = api.ask("GET", "/api/v1/monitor/search", per_page=2, page=1, sort="name,desc")[1]
    assert [one["name"] for one in document["monitors"]] == ["Checkout errors"]
    assert document["metadata"] == {"total_count": 3, "page_count": 2, "page": 1, "per_page": 2}
    counts = document["counts"]
    assert {one["name"]: one["count"] for one in counts["status"]} == {"Alert": 1, "OK": 1, "No Data": 1}
    assert counts["type"] == [{"name": "metric", "count": 2}, {"name": "log", "count": 1}]
    assert {"name": "team:infra", "count": 1} in counts["tag"]
    assert counts["muted"] == [{"name": False, "count": 3}]
    assert api.ask("GET", "/api/v1/monitor/search", sort="color")[0] == 400


def test_groups_are_searched_one_by_one(api: DatadogApi, three: list[int]) -> None:
    document = api.ask("GET", "/api/v1/monitor/groups/search", query="status:alert")[1]
    (only,) = document["groups"]
    assert (only["monitor_id"], only["group"], only["group_tags"]) == (three[0], "host:a", ["host:a"])
    assert only["last_triggered_ts"] == NOW_S - 60
    assert [one["group"] for one in api.ask("GET", "/api/v1/monitor/groups/search", query="host:b")[1]["groups"]] == [
        "host:b"
    ]
    assert api.ask("GET", "/api/v1/monitor/groups/search")[1]["metadata"]["total_count"] == 3


def test_a_silenced_monitor_is_found_as_muted(api: DatadogApi, three: list[int]) -> None:
    api.clock.advance(0.25)
    attributes = {
        "scope": "*",
        "monitor_identifier": {"monitor_id": three[0]},
        "schedule": {"end": "2026-11-21T01:00:00Z"},
    }
    api.made("/api/v2/downtime", {"data": {"type": "downtime", "attributes": attributes}})
    assert found(api, "muted:true") == {"High load"}
    document = api.ask("GET", "/api/v1/monitor/search", query="muted:true")[1]
    assert document["monitors"][0]["muted_until_ts"] == NOW_S + 3600
    shown = api.ask("GET", f"/api/v1/monitor/{three[0]}", with_downtimes="true")[1]
    assert shown["options"]["silenced"] == {"*": NOW_S + 3600}
    assert [one["groups"] for one in shown["matching_downtimes"]] == [["total"]]
    assert api.ask("GET", f"/api/v1/monitor/{three[0]}")[1]["options"]["silenced"] == {}


def test_an_identifier_that_is_no_number_is_nobodys(api: DatadogApi) -> None:
    assert api.ask("GET", "/api/v1/monitor/abc") == (404, {"errors": ["Monitor not found"]})
    assert api.ask("GET", "/api/v1/monitor/%00") == (404, {"errors": ["Monitor not found"]})
    assert api.ask("GET", f"/api/v1/monitor/{'9' * 400}") == (404, {"errors": ["Monitor not found"]})

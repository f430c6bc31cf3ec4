"""Downtimes in both APIs over one document: periods, status, which monitors and groups are silenced."""

from typing import Any

import pytest

from lrcp.model.monitor_state import GroupState, State
from lrcp.monitors.downtime.definition import parse_downtime
from tests.support.datadog_api import DatadogApi
from tests.unit.datadog.conftest import NOW_S

HOUR = 3600


def body(**attributes: Any) -> dict[str, Any]:
    shared = {"scope": "env:prod", "monitor_identifier": {"monitor_tags": ["team:a"]}}
    return {"data": {"type": "downtime", "attributes": shared | attributes}}


def make(api: DatadogApi, **attributes: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.made("/api/v2/downtime", body(**attributes))["data"]
    return made


def read(api: DatadogApi, id: str) -> dict[str, Any]:
    attributes: dict[str, Any] = api.ask("GET", f"/api/v2/downtime/{id}")[1]["data"]["attributes"]
    return attributes


def test_one_that_begins_now_is_active_until_its_end(api: DatadogApi) -> None:
    made = make(api, schedule={"start": None, "end": "2026-11-21T01:00:00Z"})
    assert made["attributes"]["schedule"] == {
        "start": "2026-11-21T00:00:00.000000+00:00",
        "end": "2026-11-21T01:00:00.000000+00:00",
    }
    assert made["attributes"]["status"] == "active"
    api.clock.advance(HOUR)
    assert read(api, made["id"])["status"] == "ended"


def test_one_of_tomorrow_is_scheduled(api: DatadogApi) -> None:
    made = make(api, schedule={"start": "2026-11-22T00:00:00Z"})
    assert made["attributes"]["status"] == "scheduled"
    api.clock.advance(25 * HOUR)
    assert read(api, made["id"])["status"] == "active"


def test_a_recurring_one_shows_the_period_under_way_or_the_next(api: DatadogApi) -> None:
    recurrence = {"rrule": "FREQ=DAILY", "duration": "2h", "start": "2026-11-20T23:00:00"}
    made = make(api, schedule={"recurrences": [recurrence], "timezone": "UTC"})
    current = {"start": "2026-11-20T23:00:00.000000+00:00", "end": "2026-11-21T01:00:00.000000+00:00"}
    assert made["attributes"]["schedule"]["current_downtime"] == current
    assert made["attributes"]["status"] == "active"
    api.clock.advance(2 * HOUR)
    later = read(api, made["id"])
    assert later["status"] == "scheduled"
    assert later["schedule"]["current_downtime"]["start"] == "2026-11-21T23:00:00.000000+00:00"


def test_a_recurrence_without_a_start_begins_now_on_the_clock_of_its_zone(api: DatadogApi) -> None:
    schedule = {"recurrences": [{"rrule": "FREQ=DAILY", "duration": "1h"}], "timezone": "America/New_York"}
    made = make(api, schedule=schedule)
    assert made["attributes"]["schedule"]["recurrences"][0]["start"] == "2026-11-20T19:00:00"
    assert made["attributes"]["status"] == "active"


def test_a_cancelled_one_stays_readable_and_is_cancelled_once(api: DatadogApi) -> None:
    id = make(api)["id"]
    assert api.ask("DELETE", f"/api/v2/downtime/{id}") == (204, None)
    api.clock.advance(10)
    assert api.ask("DELETE", f"/api/v2/downtime/{id}") == (204, None)
    assert (read(api, id)["status"], read(api, id)["canceled"]) == ("canceled", "2026-11-21T00:00:00.000000+00:00")


@pytest.mark.parametrize(
    ("attributes", "part"),
    [
        ({"scope": "prod"}, "All values must have a key"),
        ({"scope": "env:prod AND"}, "Invalid scope"),
        ({"monitor_identifier": {}}, "monitor_identifier"),
        ({"monitor_identifier": {"monitor_id": 1, "monitor_tags": ["a:b"]}}, "monitor_identifier"),
        ({"schedule": {"start": "yesterday"}}, "schedule.start"),
        ({"schedule": {"end": "2026-11-20T00:00:00Z"}}, "in the future"),
        ({"schedule": {"recurrences": [{"rrule": "FREQ=SOMETIMES", "duration": "1h"}]}}, "FREQ"),
        ({"schedule": {"recurrences": [{"rrule": "FREQ=DAILY", "duration": "an hour"}]}}, "duration"),
        ({"schedule": {"recurrences": []}}, "must not be empty"),
        ({"schedule": {"until": None}}, "Additional properties are not allowed ('until' was unexpected)"),
        ({"display_timezone": "Mars/Base"}, "Mars/Base"),
        ({"notify_end_states": ["ok"]}, "notify_end_states"),
        ({"extra": 1}, "Additional properties are not allowed ('extra' was unexpected)"),
    ],
)
def test_what_cannot_be_scheduled_is_refused(api: DatadogApi, attributes: dict[str, Any], part: str) -> None:
    assert part in api.refusal("/api/v2/downtime", body(**attributes))
    assert api.ask("GET", "/api/v2/downtime")[1]["data"] == []


def test_a_change_keeps_what_it_does_not_name(api: DatadogApi) -> None:
    id = make(api, message="old", schedule={"end": "2026-11-21T01:00:00Z"})["id"]
    change = {"data": {"type": "downtime", "id": id, "attributes": {"message": "new", "scope": "env:dev"}}}
    changed = api.ask("PATCH", f"/api/v2/downtime/{id}", change)[1]["data"]["attributes"]
    assert (changed["message"], changed["scope"]) == ("new", "env:dev")
    assert changed["schedule"]["end"] == "2026-11-21T01:00:00.000000+00:00"


def monitor(api: DatadogApi, **members: Any) -> int:
    shared = {"type": "query alert", "query": "avg(last_5m):avg:load{*} by {env,host} > 4", "name": "load"}
    return int(api.made("/api/v1/monitor", shared | members)["id"])


def matches(api: DatadogApi, id: int) -> list[tuple[str, list[str]]]:
    found = api.ask("GET", f"/api/v2/monitor/{id}/downtime_matches")[1]["data"]
    return [(one["attributes"]["scope"], one["attributes"]["groups"]) for one in found]


def test_it_silences_the_groups_of_the_monitors_with_its_tags(api: DatadogApi) -> None:
    mine, other = monitor(api, tags=["team:a", "x:y"]), monitor(api, tags=["team:b"])
    for id in (mine, other):
        groups = [
            GroupState(group=f"env:{env},host:{host}", state=State.OK) for env, host in (("prod", "a"), ("dev", "b"))
        ]
        api.remember(id, *groups)
    make(api)
    make(api, scope="*", schedule={"start": "2026-11-22T00:00:00Z"})
    assert matches(api, mine) == [("env:prod", ["env:prod,host:a"])]
    assert matches(api, other) == []


def test_it_silences_by_the_monitors_own_id(api: DatadogApi) -> None:
    mine, other = monitor(api), monitor(api)
    make(api, scope="*", monitor_identifier={"monitor_id": mine})
    assert matches(api, mine) == [("*", ["*"])]
    assert matches(api, other) == []


def older(**members: Any) -> dict[str, Any]:
    return {"scope": ["env:prod", "host:a"], "start": NOW_S, "end": NOW_S + HOUR, "timezone": "UTC"} | members


def test_one_made_by_the_older_api_is_the_same_in_the_newer(api: DatadogApi) -> None:
    made = api.made("/api/v1/downtime", older(monitor_tags=["team:a"], message="m"))
    newer = read(api, made["uuid"])
    assert (newer["scope"], newer["monitor_identifier"]) == ("env:prod AND host:a", {"monitor_tags": ["team:a"]})
    assert (made["active"], made["status"], made["downtime_type"]) == (True, "active", 2)
    assert api.ask("GET", f"/api/v1/downtime/{made['id']}") == (200, made)


def test_an_older_recurrence_becomes_a_rule_that_mutes(api: DatadogApi) -> None:
    recurrence = {"type": "weeks", "period": 1, "week_days": ["Sat", "Mon"], "until_occurrences": 4}
    made = api.made("/api/v1/downtime", older(recurrence=recurrence, scope=["*"]))
    kept = api.resources.find("downtime", made["uuid"])
    assert kept is not None
    assert kept.document["schedule"]["recurrences"] == [
        {"rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,MO;COUNT=4", "duration": "60m", "start": "2026-11-21T00:00:00"}
    ]
    assert parse_downtime(kept.document).repeats[0].duration_s == HOUR
    api.clock.advance(2 * HOUR)
    assert api.ask("GET", f"/api/v1/downtime/{made['id']}")[1]["status"] == "scheduled"


def test_a_change_by_the_older_api_keeps_what_it_does_not_name(api: DatadogApi) -> None:
    recurrence = {"type": "days", "period": 2, "until_date": NOW_S + 90 * 24 * HOUR}
    made = api.made("/api/v1/downtime", older(recurrence=recurrence))
    changed = api.ask("PUT", f"/api/v1/downtime/{made['id']}", {"message": "new"})[1]
    assert (changed["message"], changed["updater_id"]) == ("new", None)
    api.clock.advance(5)
    again = api.ask("PUT", f"/api/v1/downtime/{made['id']}", {"message": "newer"})[1]
    assert again["updater_id"] == made["creator_id"]
    same = ("start", "end", "recurrence", "scope", "monitor_tags", "notify_end_states")
    assert {name: again[name] for name in same} == {name: made[name] for name in same}


def test_the_older_api_cancels_by_scope(api: DatadogApi) -> None:
    ids = [api.made("/api/v1/downtime", older(scope=["host:a"]))["id"] for _ in range(2)]
    api.made("/api/v1/downtime", older(scope=["host:b"]))
    path = "/api/v1/downtime/cancel/by_scope"
    status, answer = api.ask("POST", path, {"scope": "host:a"})
    assert (status, sorted(answer["cancelled_ids"])) == (200, sorted(ids))
    assert api.ask("POST", path, {"scope": "host:a"}) == (404, {"errors": ["No downtimes found"]})
    assert [one["scope"] for one in api.ask("GET", "/api/v1/downtime")[1]] == [["host:b"]]
    assert len(api.ask("GET", "/api/v1/downtime", current_only="true", with_creator="true")[1][0]["creator"]) == 4


def test_only_current_ones_are_listed_when_asked_for(api: DatadogApi) -> None:
    make(api, schedule={"start": "2026-11-22T00:00:00Z"})
    now = make(api)["id"]
    listed = api.ask("GET", "/api/v2/downtime", current_only="true")[1]
    assert [one["id"] for one in listed["data"]] == [now]
    assert listed["meta"] == {"page": {"total_filtered_count": 1}}

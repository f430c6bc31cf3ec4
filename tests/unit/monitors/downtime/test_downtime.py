"""Downtimes: what they mean, when they are in force, what they mute, and what is told when they end."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lrcp.model.errors import InputError
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.monitors.downtime.active import Interval, find_ended, find_interval
from lrcp.monitors.downtime.definition import Downtime, parse_downtime
from lrcp.monitors.downtime.mute import SILENCED, is_muted, mutes, tell_ended


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def downtime(scope: str = "*", id: str = "d1", **members: Any) -> Downtime:
    document: dict[str, Any] = {"scope": scope, "monitor_identifier": {"monitor_tags": ["*"]}}
    return parse_downtime(document | members, id=id)


def monitor(query: str = "avg(last_5m):avg:a{*} by {host} > 1", type: str = "query alert", **members: Any) -> Monitor:
    return parse_monitor({"name": "m", "type": type, "query": query, **members}, id=members.get("id", 7))


def transition(after: State = State.ALERT, before: State = State.OK, **members: Any) -> Transition:
    given: dict[str, Any] = {
        "monitor_id": 7, "group": "host:a", "time_s": 100.0, "before": before, "after": after, "kind": "x", "reason": "r",
        "notify": True,
    }  # fmt: skip
    return Transition(**(given | members))


# --- what they mean ---

SCOPES = [
    ("*", "host:a", True),
    ("*", "*", True),
    ("service:web-store", "host:a,service:web-store", True),
    ("service:web-store", "host:a,service:synth", False),
    ("service:web-store AND env:dev", "env:dev,service:web-store", True),
    ("service:web-store AND env:dev", "service:web-store", False),
    ("env:(dev OR staging)", "env:staging", True),
    ("service:web-store AND env:(dev OR staging)", "env:prod,service:web-store", False),
    ("host:authentication-*", "host:authentication-7", True),
    ("host:*-prod-cluster", "host:x-prod-cluster", True),
    ("service:webstore AND -env:prod", "env:dev,service:webstore", True),
    ("service:webstore AND -env:prod", "env:prod,service:webstore", False),
    ("-env:(prod OR dev)", "env:staging", True),
    ("env:prod,!host:a", "env:prod,host:b", True),
    ("env:prod,!host:a", "env:prod,host:a", False),
    ("env:prod", "*", False),
]


@pytest.mark.parametrize(("scope", "group", "muted"), SCOPES)
def test_a_scope_means_the_groups_that_have_its_tags(scope: str, group: str, muted: bool) -> None:
    assert bool(is_muted([downtime(scope)], monitor(), group, 100)) is muted


def test_a_group_has_the_tags_that_its_query_is_narrowed_to() -> None:
    narrow = monitor("sum(last_5m):sum:e{service:web-store,env:*} by {host} / sum:r{service:web-store} by {host} > 1")
    assert is_muted([downtime("service:web-store")], narrow, "host:a", 100)
    assert not is_muted([downtime("env:prod")], narrow, "host:a", 100)
    logs = monitor('logs("service:web-store -env:dev status:error").rollup("count").last("5m") > 2', "log alert")
    assert is_muted([downtime("service:web-store")], logs, "*", 100)
    assert not is_muted([downtime("env:dev")], logs, "*", 100)


@pytest.mark.parametrize(
    ("identifier", "muted"),
    [
        ({"monitor_id": 7}, True),
        ({"monitor_id": 8}, False),
        ({"monitor_tags": ["*"]}, True),
        ({"monitor_tags": ["team:x"]}, True),
        ({"monitor_tags": ["team:x", "env:prod"]}, False),
    ],
)
def test_a_downtime_means_a_monitor_by_id_or_by_all_tags(identifier: dict[str, Any], muted: bool) -> None:
    one = downtime(monitor_identifier=identifier)
    assert bool(is_muted([one], monitor(tags=["team:x"]), "host:a", 100)) is muted


def test_a_downtime_on_a_composite_leaves_its_parts_alone() -> None:
    composite = monitor("7 && 8", "composite", id=9)
    one = downtime(monitor_identifier={"monitor_id": 9})
    assert is_muted([one], composite, "*", 100) is one
    assert is_muted([one], monitor(), "host:a", 100) is None


# --- when they are in force ---


def test_a_one_time_downtime_holds_from_its_start_to_just_before_its_end() -> None:
    one = downtime(schedule={"start": "2026-11-21T10:00:00Z", "end": "2026-11-21T11:00:00+00:00"})
    times = ("2026-11-21T09:59:59", "2026-11-21T10:00", "2026-11-21T10:59:59", "2026-11-21T11:00")
    assert [find_interval(one, at(time)) is not None for time in times] == [False, True, True, False]


def test_without_an_end_it_holds_until_it_is_canceled() -> None:
    one = downtime(schedule={"start": "2026-11-21T10:00:00Z"}, canceled="2026-11-22T10:00:00Z")
    assert find_interval(one, at("2026-11-22T09:59"))
    assert find_interval(one, at("2026-11-22T10:00")) is None
    assert find_ended(one, at("2026-11-22T09:00"), at("2026-11-22T10:00")) == (
        Interval(at("2026-11-21T10:00"), at("2026-11-22T10:00"), canceled=True),
    )


WEEKEND = {
    "timezone": "Europe/Berlin",
    "recurrences": [
        {"start": "2023-07-09T18:00", "duration": "12h", "rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU,MO,TU,WE,TH,FR"},
        {"start": "2023-07-09T00:00", "duration": "24h", "rrule": "FREQ=WEEKLY;INTERVAL=1;BYDAY=SA,SU"},
    ],
}


def test_nights_and_weekends_are_silent_and_working_hours_are_not() -> None:
    one = downtime(schedule=WEEKEND)
    for time, silent in (
        ("2026-07-06T05:59", True),  # Monday, early
        ("2026-07-06T06:00", False),
        ("2026-07-06T17:59", False),
        ("2026-07-06T18:00", True),
        ("2026-07-11T12:00", True),  # Saturday
    ):
        assert (find_interval(one, at(time, "Europe/Berlin")) is not None) is silent


def test_a_night_keeps_its_hour_of_the_wall_clock_when_the_clock_changes() -> None:
    one = downtime(schedule=WEEKEND)
    assert find_interval(one, at("2026-03-30T03:59")) is not None  # Berlin 05:59, summer time since the day before
    assert find_interval(one, at("2026-03-30T04:00")) is None
    assert find_interval(one, at("2026-03-27T04:59")) is not None  # Berlin 05:59, winter time
    assert find_interval(one, at("2026-03-27T05:00")) is None


def test_an_end_that_another_recurrence_takes_on_is_none() -> None:
    one = downtime(schedule=WEEKEND)
    monday = at("2026-07-06T06:00", "Europe/Berlin")
    assert [interval.end_s for interval in find_ended(one, monday - 86_400, monday)] == [monday]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"monitor_identifier": {}}, "monitor_id, or monitor_tags"),
        ({"monitor_identifier": None}, "must be an object"),
        ({"scope": "a ~ b"}, "~"),
        ({"scope": "@a:1 -b:2"}, "key:value"),
        ({"scope": "host:a AND NOT $env"}, "belongs to a dashboard"),
        ({"schedule": {"start": "soon"}}, "'soon' is not a time"),
        ({"schedule": {"recurrences": []}}, "not empty"),
        ({"schedule": {"recurrences": [{"rrule": "FREQ=DAILY", "duration": "x", "start": "2026-01-01"}]}}, "duration"),
        ({"schedule": {"recurrences": [{"rrule": "FREQ=X", "duration": "1h", "start": "2026-01-01"}]}}, "FREQ"),
        ({"schedule": {"recurrences": ["x"], "timezone": "UTC"}}, "must be an object"),
    ],
)
def test_what_cannot_be_read_is_said(document: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        downtime(**document)


def test_a_whole_body_of_the_api_is_read() -> None:
    body = {"data": {"id": "u-1", "attributes": {"scope": "env:prod", "monitor_identifier": {"monitor_id": 7}}}}
    assert parse_downtime(body, created_s=50).id == "u-1"
    assert parse_downtime(body, created_s=50).start_s == 50


# --- what they mute ---


def hour(**members: Any) -> Downtime:
    return downtime(schedule={"start": "1970-01-01T00:01:00Z", "end": "1970-01-01T01:00:00Z"}, **members)


def test_a_transition_within_is_muted_and_one_outside_is_not() -> None:
    assert mutes([hour()], monitor(), transition()) == "d1"
    assert mutes([hour()], monitor(), transition(time_s=3600.0)) == ""
    assert mutes([], monitor(), transition()) == ""


def test_the_recovery_of_an_alert_from_before_is_told_unless_a_downtime_says_otherwise() -> None:
    early = transition(State.OK, State.ALERT, triggered_s=30.0)
    late = transition(State.OK, State.ALERT, triggered_s=70.0)
    assert mutes([hour()], monitor(), early) == ""
    assert mutes([hour()], monitor(), late) == "d1"
    strict = hour(id="d2", mute_first_recovery_notification=True)
    assert mutes([hour(), strict], monitor(), early) == "d2"


def test_with_notify_by_all_groups_must_be_muted() -> None:
    one = downtime("host:a")
    both = transition(group="env:p", members=("env:p,host:a", "env:p,host:b"))
    assert mutes([one], monitor(), both) == ""
    assert mutes([one], monitor(), transition(group="env:p", members=("env:p,host:a",))) == "d1"


@pytest.mark.parametrize(
    ("silenced", "group", "muted"),
    [
        ({"*": None}, "host:a", SILENCED),
        ({"*": 101}, "host:a", SILENCED),
        ({"*": 100}, "host:a", ""),
        ({"host:a": None}, "host:a", SILENCED),
        ({"host:a": None}, "host:b", ""),
        ({"((": None}, "host:b", ""),
    ],
)
def test_the_older_option_silences_by_scope_and_until_a_time(silenced: dict[str, Any], group: str, muted: str) -> None:
    made = monitor(options={"silenced": silenced})
    assert mutes([], made, transition(group=group)) == muted


# --- what is told when they end ---


def states(*given: State) -> dict[str, GroupState]:
    return {
        f"host:{name}": GroupState(group=f"host:{name}", state=state, value=5.0)
        for name, state in zip("abcd", given, strict=False)
    }


def test_when_it_ends_what_is_still_bad_is_told() -> None:
    told = tell_ended([hour()], monitor(), states(State.ALERT, State.OK, State.NO_DATA, State.WARN), 3590, 3600)
    assert [(one.group, one.kind) for one in told] == [
        ("host:a", "alert"),
        ("host:c", "no_data"),
        ("host:d", "warning"),
    ]
    assert told[0].before is told[0].after is State.ALERT
    assert mutes([hour()], monitor(), told[0]) == ""
    assert tell_ended([hour()], monitor(), states(State.ALERT), 3600, 3610) == []


def test_when_it_ends_only_the_states_and_endings_that_it_names_are_told() -> None:
    few = hour(notify_end_states=["warn"])
    assert [one.group for one in tell_ended([few], monitor(), states(State.ALERT, State.WARN), 3590, 3600)] == [
        "host:b"
    ]
    never = hour(notify_end_types=["canceled"])
    assert tell_ended([never], monitor(), states(State.ALERT), 3590, 3600) == []

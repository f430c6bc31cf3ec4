"""New issues: what was seen in the week before is none."""

from typing import Any

from lrcp.query.memory.error_records import issue_id
from lrcp.query.memory.events import MemoryEvents
from tests.unit.monitors.drive import Drive, define

DAY = 86_400
NOW = 10 * DAY
QUERY = 'error-tracking("service:shop").source("all").new().rollup("count").by("@issue.id").last("5m") > 0'


def failed(at_s: float, kind: str, service: str = "shop", **more: Any) -> dict[str, Any]:
    attributes = {"error": {"kind": kind}}
    return {
        "time_ns": int(at_s * 1e9),
        "service": service,
        "status": "error",
        "message": "m",
        "attributes": attributes,
        **more,
    }


def found(*logs: dict[str, Any], query: str = QUERY, at_s: int = NOW) -> dict[str, float | None]:
    drive = Drive(define(query, "error-tracking alert"), events=MemoryEvents({"logs": logs}))
    return {one.group: one.value for one in drive.at(at_s).evaluations}


def name(kind: str) -> str:
    return f"@issue.id:{issue_id('shop', kind)}"


def test_an_issue_that_was_never_seen_before_counts_and_a_known_one_does_not() -> None:
    logs = [failed(NOW - 60, "New"), failed(NOW - 50, "New"), failed(NOW - 40, "Known"), failed(NOW - 2 * DAY, "Known")]
    assert found(*logs) == {name("New"): 2}


def test_an_issue_is_known_from_just_before_the_window_and_new_after_a_week() -> None:
    for before_s, new in ((301, False), (2 * 3600, False), (6.9 * DAY, False), (7.2 * DAY, True)):
        logs = [failed(NOW - 60, "Kind"), failed(NOW - before_s, "Kind")]
        assert (found(*logs) == {name("Kind"): 1}) is new, before_s


def test_what_another_search_would_have_found_makes_an_issue_known_as_well() -> None:
    query = QUERY.replace("service:shop", "env:prod")
    assert found(failed(NOW - 60, "Kind", env="prod"), failed(NOW - DAY, "Kind", env="dev"), query=query) == {}


def test_further_facets_are_groups_as_well() -> None:
    query = QUERY.replace('.by("@issue.id")', '.by("service,@issue.id")')
    logs = [failed(NOW - 60, "New"), failed(NOW - 50, "Known"), failed(NOW - DAY, "Known")]
    assert found(*logs, query=query) == {f"{name('New')},service:shop": 1}


def test_a_new_issue_is_told_once() -> None:
    logs = [failed(NOW + at, "New") for at in range(0, 3600, 20)]
    drive = Drive(define(QUERY, "error-tracking alert"), events=MemoryEvents({"logs": logs}))
    moves = drive.through(NOW, NOW + 1800, 10)
    assert [move.split()[2] for move in moves][:1] == ["alert+"]
    assert sum("alert+" in move for move in moves) == 1

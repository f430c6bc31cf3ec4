"""Thresholds, recovery thresholds and the transitions between OK, WARN and ALERT."""

import pytest

from lrcp.model.monitor_state import State
from tests.unit.monitors.state.scenes import NAN, Scene


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("> 10", 10, "OK"), ("> 10", 10.1, "ALERT"), (">= 10", 10, "ALERT"), (">= 10", 9.9, "OK"),
        ("< 10", 10, "OK"), ("< 10", 9.9, "ALERT"), ("<= 10", 10, "ALERT"), ("<= 10", 10.1, "OK"),
        ("== 10", 10, "ALERT"), ("== 10", 9, "OK"), ("!= 10", 9, "ALERT"), ("!= 10", 10, "OK"),
    ],
)  # fmt: skip
def test_each_comparison(comparison: str, value: float, state: str) -> None:
    scene = Scene(comparison)
    scene.at(0, value)
    assert scene.state().name == state


def test_every_transition_of_the_table_has_its_kind_and_notifies() -> None:
    scene = Scene("> 10", thresholds={"warning": 5})
    told = [scene.at(at * 10, value) for at, value in enumerate([1, 6, 11, 6, 1, 11, 1, 6, 1])]
    assert [kind.split()[-1] for one in told for kind in one] == [
        "warning+", "warning_to_alert+", "alert_to_warning+", "warning_recovery+", "alert+", "recovery+", "warning+",
        "warning_recovery+",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("comparison", "recovery", "held", "recovered"),
    [("> 10", 5, 5.1, 5), (">= 10", 5, 5, 4.9), ("< 10", 15, 14.9, 15), ("<= 10", 15, 15, 15.1)],
)
def test_between_recovery_and_critical_it_stays(
    comparison: str, recovery: float, held: float, recovered: float
) -> None:
    scene = Scene(comparison, thresholds={"critical_recovery": recovery})
    breach = 100.0 if comparison[0] == ">" else -100.0
    assert scene.at(0, breach) == ["0 * alert+"]
    assert scene.at(10, held) == []
    assert scene.state() is State.ALERT
    assert scene.at(20, recovered) == ["20 * recovery+"]
    assert scene.at(30, held) == []
    assert scene.state() is State.OK


def test_the_reason_says_what_holds_it() -> None:
    scene = Scene("> 0.4", thresholds={"critical_recovery": 0.35})
    scene.at(0, 0.43, meaning="average of the last 5 minutes")
    assert scene.reason() == "0.43 > 0.4 critical: average of the last 5 minutes"
    scene.at(10, 0.38)
    assert scene.reason() == "held in ALERT: 0.38 is above the recovery threshold 0.35"
    scene.at(20, 0.31)
    assert scene.reason() == "0.31 is not > 0.4 critical"


def test_a_warning_has_its_own_recovery_and_holds_what_comes_down_from_alert() -> None:
    scene = Scene("> 10", thresholds={"warning": 5, "warning_recovery": 3, "critical_recovery": 8})
    assert [scene.at(at, value) for at, value in enumerate([11, 9, 7, 4, 2, 4])] == [
        ["0 * alert+"], [], ["2 * alert_to_warning+"], [], ["4 * warning_recovery+"], [],
    ]  # fmt: skip


def test_recovery_can_be_judged_by_another_value() -> None:
    import numpy as np

    scene = Scene(">= 0.5")
    scene.at(0, 0.6, recovery=np.array([0.6]))
    scene.at(10, 0.2, recovery=np.array([0.5]))
    assert (scene.state(), scene.reason()) == (
        State.ALERT,
        "held in ALERT: 0.5 is at or above the recovery threshold 0.5",
    )
    assert scene.at(20, 0.2, recovery=np.array([0.4])) == ["20 * recovery+"]


def test_each_group_may_have_its_own_critical_threshold() -> None:
    import numpy as np

    scene = Scene()
    scene.at(0, {"a": 5, "b": 5, "c": 5}, critical=np.array([4.0, 6.0, NAN]))
    assert [scene.states[f"host:{name}"].state.name for name in "abc"] == ["ALERT", "OK", "SKIPPED"]


def test_a_skipped_evaluation_leaves_the_state_and_says_why() -> None:
    scene = Scene()
    scene.at(0, 11)
    assert scene.at(10, NAN, skipped={0: "skipped: 4 of 5 buckets are empty, too few points to say"}) == []
    assert scene.reason() == "skipped: 4 of 5 buckets are empty, too few points to say; stays ALERT"


def test_the_worst_group_is_the_overall_state_and_comes_first() -> None:
    scene = Scene("> 10", thresholds={"warning": 5})
    scene.at(0, {"a": 1, "b": 6, "c": 11, "d": 2})
    assert scene.last is not None
    assert scene.last.overall is State.ALERT
    assert [one.group for one in scene.last.evaluations] == ["host:c", "host:b", "host:a", "host:d"]


def test_times_of_a_group_tell_since_when() -> None:
    scene = Scene("> 10", thresholds={"warning": 5})
    scene.at(0, 1), scene.at(10, 6), scene.at(20, 11), scene.at(30, 1)
    state = scene.states["*"]
    assert (state.since_s, state.triggered_s, state.last_triggered_s, state.last_resolved_s) == (30, None, 20, 30)
    assert (state.seen_s, state.data_s, state.notified_s) == (0, 0, 30)


def test_a_draft_alerts_without_a_notification() -> None:
    from msgspec.structs import replace

    scene = Scene()
    scene.monitor = replace(scene.monitor, draft_status="draft")
    assert scene.at(0, 11) == ["0 * alert"]


def test_every_run_of_a_custom_schedule_stands_alone() -> None:
    schedule = {"custom_schedule": {"recurrences": [{"rrule": "FREQ=DAILY"}]}}
    scene = Scene("> 10", scheduling_options=schedule, thresholds={"critical_recovery": 5}, renotify_interval=1)
    day = 86_400
    told = [scene.at(at * day, value) for at, value in enumerate([11, 11, 7, 11])]
    assert told == [["0 * alert+"], [f"{day} * alert+"], [f"{2 * day} * recovery"], [f"{3 * day} * alert+"]]


def test_a_tick_in_which_nothing_happens_touches_no_group() -> None:
    scene = Scene(max_groups=20_000)
    values = {str(at): 1.0 for at in range(20_000)}
    scene.at(0, values)
    assert scene.at(10, values) == []
    assert scene.last is not None
    assert (scene.last.states, scene.last.group_count, len(scene.last.evaluations)) == ({}, 20_000, 20)
    assert scene.at(20, values | {"7": 11.0}) == ["20 host:7 alert+"]
    assert set(scene.states) == {f"host:{at}" for at in range(20_000)}

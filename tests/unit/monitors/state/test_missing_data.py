"""Groups without data: the modes, timeout_h, ageing, new groups, clocks that jump."""

import pytest

from lrcp.model.monitor_state import State
from tests.unit.monitors.state.scenes import NAN, Scene

HOUR = 3600


@pytest.mark.parametrize(
    ("options", "before", "after"),
    [
        # legacy: nothing is said, a state stays
        ({}, 11, "ALERT"),
        ({}, 1, "OK"),
        ({"notify_no_data": True, "no_data_timeframe": 5}, 11, "NO_DATA+"),
        ({"notify_no_data": True, "no_data_timeframe": 5}, 1, "NO_DATA+"),
        # on_missing_data
        ({"on_missing_data": "default"}, 11, "ALERT"),
        ({"on_missing_data": "show_no_data"}, 11, "NO_DATA"),
        ({"on_missing_data": "show_and_notify_no_data"}, 11, "NO_DATA+"),
        ({"on_missing_data": "resolve"}, 11, "OK+"),
        ({"on_missing_data": "resolve"}, 1, "OK"),
        # which counts, whatever the legacy options say
        ({"on_missing_data": "resolve", "notify_no_data": True}, 11, "OK+"),
    ],
)
def test_a_mode_says_what_no_data_means(options: dict[str, object], before: float, after: str) -> None:
    scene = Scene(**options)
    scene.at(0, {"a": before})
    told = scene.at(10, {})
    assert scene.state("host:a").name + ("+" if told and told[0].endswith("+") else "") == after


@pytest.mark.parametrize(("comparison", "state"), [("> 10", "OK"), ("< 1", "ALERT")])
def test_where_no_data_is_zero_the_thresholds_judge_it(comparison: str, state: str) -> None:
    scene = Scene(comparison, on_missing_data="default")
    scene.at(0, {"a": 5})
    scene.at(10, {}, zero_when_missing=True)
    assert scene.state("host:a").name == state


def test_a_below_monitor_of_events_alerts_on_zero_when_no_group_has_any() -> None:
    scene = Scene("< 1")
    fields = {"family": "event", "zero_when_missing": True, "keeps_missing": True}
    scene.at(0, {"a": 5, "b": 5}, **fields)
    assert scene.at(10, {"b": 5}, **fields) == []
    assert scene.at(20, {}, **fields) == ["20 host:a alert+", "20 host:b alert+"]


def test_a_count_of_events_that_never_came_is_zero() -> None:
    scene = Scene("> 10")
    scene.at(0, None, family="event", zero_when_missing=True)
    assert (scene.state(), scene.reason()) == (State.OK, "0 is not > 10 critical")


def test_no_data_comes_after_the_timeframe_counted_from_the_last_point() -> None:
    scene = Scene(notify_no_data=True)  # twice the window of 300 s, which has to be empty first
    scene.at(0, 1)
    assert [scene.at(at, None) for at in range(60, 361, 60)] == [[], [], [], [], [], ["360 * no_data+"]]
    assert scene.reason() == "no data for 10 minutes"
    assert scene.at(420, 1) == ["420 * no_data_recovery+"]


def test_the_timeframe_begins_anew_when_data_comes_back() -> None:
    scene = Scene(notify_no_data=True)
    scene.at(0, 1)
    assert [scene.at(at, value) for at, value in ((60, None), (240, None), (300, 1), (360, None))] == [[], [], [], []]
    assert [scene.at(at, None) for at in (600, 659, 660)] == [[], [], ["660 * no_data+"]]


def test_there_is_no_no_data_before_there_was_data() -> None:
    scene = Scene(on_missing_data="show_and_notify_no_data")
    assert [scene.at(at, None) for at in (0, 3600)] == [[], []]
    assert (scene.state(), scene.reason()) == (
        State.SKIPPED, "no data in the window for 1 hour; not evaluated yet",
    )  # fmt: skip
    assert scene.at(3610, NAN) == []
    assert scene.at(3620, None) == []
    assert scene.at(3630, 1) == []
    assert scene.at(3640, None) == ["3640 * no_data+"]


def test_what_was_shown_only_recovers_in_silence_and_an_alert_below_it_does_not() -> None:
    scene = Scene(on_missing_data="show_no_data")
    scene.at(0, 1)
    assert scene.at(10, None) == ["10 * no_data"]
    assert scene.at(20, 1) == ["20 * no_data_recovery"]
    assert scene.at(30, 11) == ["30 * alert+"]
    assert scene.at(40, None) == ["40 * no_data"]
    assert scene.at(50, 1) == ["50 * no_data_recovery+"]
    assert scene.at(60, None) == ["60 * no_data"]
    assert scene.at(70, 1) == ["70 * no_data_recovery"], "the alert that was told is over"


def test_a_timeout_resolves_only_without_data_and_once() -> None:
    scene = Scene(timeout_h=1, notify_no_data=True, no_data_timeframe=5)
    scene.at(0, 11)
    assert [told for at in range(600, 2 * HOUR, 600) for told in scene.at(at, 11)] == []
    begun = 2 * HOUR
    told = [one for at in range(begun, begun + 3 * HOUR, 600) for one in scene.at(at, None)]
    assert told == [f"{begun} * no_data+", f"{begun + HOUR} * timeout+"]
    assert scene.at(begun + 3 * HOUR, 11) == [f"{begun + 3 * HOUR} * alert+"]


@pytest.mark.parametrize(
    ("fields", "options", "hours"),
    [
        ({}, {}, 24),
        ({"family": "check"}, {}, 48),
        ({"family": "event"}, {}, 24),
        ({"family": "event"}, {"group_retention_duration": "2h"}, 2),
        ({}, {"group_retention_duration": "2h"}, 24),
    ],
)
def test_a_group_without_data_is_forgotten(fields: dict[str, str], options: dict[str, str], hours: int) -> None:
    scene = Scene(**options)
    scene.at(0, {"a": 11, "b": 1}, **fields)
    for at in range(600, hours * HOUR + 600, 600):
        assert scene.at(at, {"b": 1}, **fields) == []
        assert "host:a" in scene.states
    at = (hours * HOUR) + 600
    assert scene.at(at, {"b": 1}, **fields) == [f"{at} host:a gone"]
    assert list(scene.states) == ["host:b"]


def test_a_monitor_without_groups_never_forgets() -> None:
    scene = Scene()
    scene.at(0, 11)
    for at in range(600, 30 * HOUR, 600):
        scene.at(at, None)
    assert scene.state() is State.ALERT


def test_a_new_group_waits_and_those_of_the_first_evaluation_do_not() -> None:
    scene = Scene(new_group_delay=60)
    assert scene.at(0, {"a": 11}) == ["0 host:a alert+"]
    assert scene.at(10, {"a": 11, "b": 11}) == []
    assert scene.reason("host:b") == "new: it is not evaluated in its first 1 minute (new_group_delay)"
    assert scene.at(60, {"a": 11, "b": 11}) == []
    assert scene.at(70, {"a": 11, "b": 11}) == ["70 host:b alert+"]


@pytest.mark.parametrize(("key", "waits"), [("host", True), ("service", False)])
def test_new_host_delay_is_of_groups_by_host(key: str, waits: bool) -> None:
    scene = Scene(keys=(key,), new_host_delay=300)
    scene.at(0, {"a": 1})
    assert (scene.at(10, {"a": 1, "b": 11}) == []) is waits


def test_an_earlier_time_is_skipped_with_a_reason() -> None:
    scene = Scene()
    scene.at(600, 1)
    assert scene.at(570, 11) == []
    assert scene.last is not None
    assert (scene.last.evaluated, scene.last.note) == (False, "skipped: 30 seconds earlier than the evaluation before")
    assert scene.reason() == "skipped: 30 seconds earlier than the evaluation before; stays OK"


def test_after_a_clock_that_was_hours_ahead_it_goes_on() -> None:
    scene = Scene(renotify_interval=10)
    ahead = 10 * HOUR
    scene.at(ahead, 11)
    assert scene.at(0, 11) == []
    assert [told for at in range(60, 601, 60) for told in scene.at(at, 11)] == ["600 * renotify+"]


def test_a_gap_neither_ages_groups_nor_renotifies_in_bursts() -> None:
    scene = Scene(renotify_interval=10, notify_no_data=True, no_data_timeframe=60)
    scene.at(0, {"a": 11, "b": 1})
    assert scene.at(300, {"a": 11}) == []
    gap = 300 + 26 * HOUR
    assert scene.at(gap, {"a": 11}) == [f"{gap} host:a renotify+"]
    assert scene.at(gap + 300, {"a": 11}) == []
    assert scene.state("host:b") is State.OK
    assert f"{gap + 3300} host:b no_data+" in scene.at(gap + 55 * 60, {"a": 11})


def test_groups_beyond_the_bound_are_left_out_and_told_of() -> None:
    scene = Scene(max_groups=3)
    scene.at(0, {"a": 1, "b": 11, "c": 1})
    assert scene.at(10, {"a": 11, "d": 11, "e": 11}) == ["10 host:a alert+"]
    assert scene.last is not None
    assert scene.last.note == "2 groups beyond the limit of 3 groups a monitor are not evaluated"

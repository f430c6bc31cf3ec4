"""Renotifications: an interval apart, of which states, how often, and until when."""

from typing import Any

import pytest

from tests.unit.monitors.state.scenes import Scene

HOUR = 3600


def told(scene: Scene, values: dict[int, float | None], until_s: int, **fields: Any) -> list[str]:
    """Transitions of steps every ten minutes; values: from a time on."""
    found = []
    for at in range(0, until_s, 600):
        value = values[max(since for since in values if since <= at)]
        found += scene.at(at, value, **fields)
    return found


def test_an_alert_is_told_again_after_each_interval_until_it_is_over() -> None:
    scene = Scene(renotify_interval=60)
    assert told(scene, {0: 11, 3 * HOUR: 1}, 4 * HOUR) == [
        "0 * alert+", "3600 * renotify+", "7200 * renotify+", "10800 * recovery+",
    ]  # fmt: skip


def test_renotifications_count_themselves() -> None:
    scene = Scene(renotify_interval=60)
    scene.at(0, 11), scene.at(HOUR, 12), scene.at(2 * HOUR, 13)
    state = scene.states["*"]
    assert (state.renotified, state.value, state.notified_s, state.triggered_s) == (2, 13, 2 * HOUR, 0)


def test_thirty_hours_after_the_first_alert_they_end() -> None:
    assert len(told(Scene(renotify_interval=60), {0: 11}, 48 * HOUR)) == 1 + 30


def test_a_number_of_occurrences_replaces_the_thirty_hours() -> None:
    assert len(told(Scene(renotify_interval=60, renotify_occurrences=2), {0: 11}, 48 * HOUR)) == 1 + 2
    unlimited = [
        told(Scene(renotify_interval=600, renotify_occurrences=most), {0: 11}, 48 * HOUR) for most in (0, None)
    ]
    assert unlimited[0] == unlimited[1]
    assert len(told(Scene(renotify_interval=600, renotify_occurrences=4), {0: 11}, 48 * HOUR)) == 1 + 4


def test_each_alert_has_its_own_occurrences() -> None:
    scene = Scene(renotify_interval=60, renotify_occurrences=1)
    assert told(scene, {0: 11, 3 * HOUR: 1, 4 * HOUR: 11}, 8 * HOUR) == [
        "0 * alert+", "3600 * renotify+", "10800 * recovery+", "14400 * alert+", "18000 * renotify+",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "value", "expected"),
    [
        (None, 11, 1), (None, 6, 0), (None, None, 1),
        (["warn"], 6, 1), (["warn"], 11, 0), (["alert", "warn", "no data"], None, 1), (["alert"], None, 0),
    ],
)  # fmt: skip
def test_only_the_wanted_statuses_renotify(statuses: list[str] | None, value: float | None, expected: int) -> None:
    options: dict[str, Any] = {"renotify_statuses": statuses} if statuses else {}
    scene = Scene(renotify_interval=60, thresholds={"warning": 5}, on_missing_data="show_and_notify_no_data", **options)
    found = told(scene, {0: 1, 600: value}, HOUR + 1200)
    assert sum("renotify" in one for one in found) == expected


def test_what_was_never_told_is_not_told_again() -> None:
    scene = Scene(renotify_interval=60, on_missing_data="show_no_data")
    assert told(scene, {0: 1, 600: None}, 3 * HOUR) == ["600 * no_data"]


def test_a_skipped_evaluation_of_an_alert_is_told_again_too() -> None:
    scene = Scene(renotify_interval=60)
    assert told(scene, {0: 11, 600: float("nan")}, 2 * HOUR) == ["0 * alert+", "3600 * renotify+"]

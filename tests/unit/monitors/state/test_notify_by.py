"""notify_by: one notification for several groups, which stay evaluated each for itself."""

import pytest

from tests.unit.monitors.state.scenes import Scene

KEYS = ("pod", "cluster")


def scene(*by: str, **options: object) -> Scene:
    return Scene(keys=KEYS, notify_by=list(by), **options)


def joint(scene: Scene) -> list[tuple[str, str, tuple[str, ...]]]:
    """(group, kind, members) of the last step's notifications."""
    assert scene.last is not None
    return [(one.group, one.kind, one.members) for one in scene.last.transitions if one.notify]


def test_groups_of_a_cluster_notify_together_and_once() -> None:
    one = scene("cluster")
    one.at(0, {"a/x": 11, "b/x": 11, "c/y": 1})
    assert joint(one) == [("cluster:x", "alert", ("cluster:x,pod:a", "cluster:x,pod:b"))]
    assert [t.group for t in one.last.transitions if not t.notify] == ["cluster:x,pod:a", "cluster:x,pod:b"]
    one.at(10, {"a/x": 11, "b/x": 11, "c/y": 11, "d/x": 11})
    assert joint(one) == [("cluster:y", "alert", ("cluster:y,pod:c",))]


def test_it_recovers_with_the_last_of_them() -> None:
    one = scene("cluster")
    one.at(0, {"a/x": 11, "b/x": 1})
    one.at(10, {"a/x": 11, "b/x": 11})
    one.at(20, {"a/x": 1, "b/x": 11})
    assert joint(one) == []
    one.at(30, {"a/x": 1, "b/x": 1})
    assert joint(one) == [("cluster:x", "recovery", ("cluster:x,pod:b",))]


def test_the_worst_of_them_is_the_state_of_all() -> None:
    one = scene("cluster", thresholds={"warning": 5})
    one.at(0, {"a/x": 6, "b/x": 1})
    assert [kind for _, kind, _ in joint(one)] == ["warning"]
    one.at(10, {"a/x": 6, "b/x": 11})
    assert [kind for _, kind, _ in joint(one)] == ["warning_to_alert"]
    one.at(20, {"a/x": 6, "b/x": 1})
    assert joint(one) == [("cluster:x", "alert_to_warning", ("cluster:x,pod:a",))]


def test_everything_is_one_group_under_a_star() -> None:
    one = scene("*")
    one.at(0, {"a/x": 11, "c/y": 11})
    assert joint(one) == [("*", "alert", ("cluster:x,pod:a", "cluster:y,pod:c"))]


def test_they_renotify_together() -> None:
    one = scene("cluster", renotify_interval=60)
    one.at(0, {"a/x": 11, "b/x": 1})
    one.at(1800, {"a/x": 11, "b/x": 11})
    one.at(3600, {"a/x": 11, "b/x": 11})
    assert joint(one) == [("cluster:x", "renotify", ("cluster:x,pod:a", "cluster:x,pod:b"))]
    one.at(3660, {"a/x": 11, "b/x": 11})
    assert joint(one) == []
    assert {state.renotified for state in one.states.values()} == {1}


@pytest.mark.parametrize("by", [("cluster", "pod"), ("pod", "cluster")])
def test_all_keys_are_as_none(by: tuple[str, ...]) -> None:
    one = scene(*by)
    one.at(0, {"a/x": 11, "b/x": 11})
    assert [group for group, _, _ in joint(one)] == ["cluster:x,pod:a", "cluster:x,pod:b"]


def test_a_value_may_hold_a_comma() -> None:
    one = scene("cluster")
    one.at(0, {"a,b/x,y": 11})
    assert joint(one) == [("cluster:x,y", "alert", ("cluster:x,y,pod:a,b",))]

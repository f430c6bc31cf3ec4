"""What holds of the state machine for any values, options and restarts."""

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.model.monitor_state import GroupState, State, Transition
from tests.unit.monitors.state.scenes import NAN, Scene

STEP_S = 60
GROUPS = ("a/x", "b/x", "c/y")
KEYS = ("pod", "cluster")

VALUES = st.one_of(st.none(), st.just(NAN), st.sampled_from([0.0, 3.0, 5.0, 7.0, 8.0, 9.0, 10.0, 11.0, 50.0]))
RUNS = st.lists(st.tuples(*[VALUES] * len(GROUPS)), min_size=2, max_size=25)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "thresholds": st.sampled_from(
            [{"critical_recovery": 7}, {"warning": 5}, {"warning": 5, "warning_recovery": 3, "critical_recovery": 8}]
        ),
        "notify_no_data": st.booleans(),
        "no_data_timeframe": st.sampled_from([5, 7, 10]),
        "on_missing_data": st.sampled_from(["default", "show_no_data", "show_and_notify_no_data", "resolve"]),
        "new_group_delay": st.sampled_from([0, 120]),
        "renotify_interval": st.sampled_from([2, 5]),
        "renotify_occurrences": st.sampled_from([1, 3]),
        "renotify_statuses": st.sampled_from([["alert"], ["alert", "warn", "no data"]]),
        "timeout_h": st.sampled_from([1]),
        "notify_by": st.sampled_from([["*"], ["cluster"]]),
    },
)
Row = tuple[float | None, ...]


def values_of(row: Row) -> Mapping[str, float | None]:
    """Groups without data are sometimes absent, as sources leave them out, and sometimes said to have none."""
    return {name: value for name, value in zip(GROUPS, row, strict=True) if value is not None or name == GROUPS[0]}


def run(scene: Scene, rows: list[Row], since: int = 0) -> list[Transition]:
    found: list[Transition] = []
    for at, row in enumerate(rows, start=since):
        scene.at(at * STEP_S, values_of(row), zero_when_missing=True)
        assert scene.last is not None
        found += scene.last.transitions
    return found


@settings(max_examples=150, deadline=None)
@given(RUNS, OPTIONS, st.data())
def test_whoever_continues_from_stored_states_comes_to_the_same(
    rows: list[Row], options: dict[str, Any], data: st.DataObject
) -> None:
    whole = Scene(keys=KEYS, **options)
    told = run(whole, rows)
    cut = data.draw(st.integers(0, len(rows)))
    before, after = Scene(keys=KEYS, **options), Scene(keys=KEYS, **options)
    first = run(before, rows[:cut])
    stored = msgspec.json.encode(list(before.states.values()))
    after.states = {state.group: state for state in msgspec.json.decode(stored, type=list[GroupState])}
    after.evaluated_s = before.evaluated_s
    assert first + run(after, rows[cut:], cut) == told
    assert after.states == whole.states


@settings(max_examples=150, deadline=None)
@given(RUNS, OPTIONS)
def test_transitions_are_a_chain_and_nothing_is_told_twice(rows: list[Row], options: dict[str, Any]) -> None:
    scene = Scene(keys=KEYS, **options)
    for group, chain in by_group(run(scene, rows)).items():
        state, told_s = State.SKIPPED, None
        for one in chain:
            expected = {state, State.OK} if state is State.SKIPPED else {state}
            assert one.before in expected, group
            assert (one.before is one.after) == (one.kind == "renotify")
            if one.kind == "renotify":
                assert told_s is not None
                assert one.time_s - told_s >= options["renotify_interval"] * 60 or one.members
            told_s = one.time_s if one.notify else told_s
            state = one.after


@settings(max_examples=100, deadline=None)
@given(RUNS, OPTIONS)
def test_no_data_only_comes_after_data(rows: list[Row], options: dict[str, Any]) -> None:
    seen: set[str] = set()
    scene = Scene(keys=KEYS, **options)
    for at, row in enumerate(rows):
        scene.at(at * STEP_S, values_of(row), zero_when_missing=True)
        seen |= {name for name, value in zip(GROUPS, row, strict=True) if value is not None and value == value}
        for name in GROUPS:
            pod, cluster = name.split("/")
            state = scene.states.get(f"cluster:{cluster},pod:{pod}")
            assert state is None or state.state is not State.NO_DATA or name in seen


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(0, 20), min_size=2, max_size=30))
def test_an_alert_ends_only_at_its_recovery_threshold(values: list[float]) -> None:
    scene = Scene("> 10", thresholds={"critical_recovery": 7})
    for at, value in enumerate(values):
        before = scene.states["*"].state if scene.states else State.OK
        scene.at(at, value)
        wanted = State.ALERT if value > 10 or (before is State.ALERT and value > 7) else State.OK
        assert scene.state() is wanted


@settings(max_examples=100, deadline=None)
@given(RUNS, OPTIONS)
def test_a_group_does_not_feel_the_others(rows: list[Row], options: dict[str, Any]) -> None:
    options.pop("notify_by", None)
    together = run(Scene(keys=KEYS, **options), rows)
    for place, name in enumerate(GROUPS):
        alone = Scene(keys=KEYS, **options)
        found: list[Transition] = []
        for at, row in enumerate(rows):
            value = row[place]
            given_values = {name: value} if value is not None or place == 0 else {}
            alone.at(at * STEP_S, given_values, zero_when_missing=True)
            assert alone.last is not None
            found += alone.last.transitions
        pod, cluster = name.split("/")
        assert found == [one for one in together if one.group == f"cluster:{cluster},pod:{pod}"]


@settings(max_examples=60, deadline=None)
@given(RUNS, OPTIONS)
def test_the_same_evaluation_again_changes_nothing(rows: list[Row], options: dict[str, Any]) -> None:
    scene = Scene(keys=KEYS, **options)
    run(scene, rows)
    states = dict(scene.states)
    assert run(scene, rows[-1:], len(rows) - 1) == []
    assert scene.states == states


def by_group(transitions: list[Transition]) -> dict[str, list[Transition]]:
    """Of each group in the order of time; what is joint by notify_by apart from what is not."""
    found: dict[str, list[Transition]] = {}
    for one in transitions:
        found.setdefault(f"{one.group} {'joint' if one.members else ''}", []).append(one)
    return found

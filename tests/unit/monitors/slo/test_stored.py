"""SLOs, corrections and the past of monitors from a real state database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.model.monitor_tick import Change, MonitorStatus
from lrcp.monitors.slo.measure import measure_of
from lrcp.monitors.slo.stored import CORRECTION, SLO, load_slos
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore, open_state
from tests.support.slo_cases import T0

NOW_NS = T0 * 10**9
TARGETS = [{"timeframe": "7d", "target": 99}]
METRIC = {
    "name": "Answers are good", "type": "metric", "tags": ["team:x"], "thresholds": TARGETS,
    "query": {"numerator": "sum:good{*}", "denominator": "sum:all{*}"},
}  # fmt: skip


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateStore]:
    opened = open_state("", tmp_path, now_ns=NOW_NS)
    yield opened
    opened.close()


def transition(at_s: int, before: State, after: State, group: str = "*") -> Transition:
    return Transition(
        monitor_id=5, group=group, time_s=at_s, before=before, after=after, kind="alert", reason="r", notify=False
    )


def keep(state: StateStore, transitions: list[Transition], groups: list[GroupState]) -> None:
    lease = LeaseStore(state).acquire("monitors", "me", NOW_NS)
    assert lease is not None
    status = MonitorStatus(monitor_id=5, state=State.OK, evaluated_s=T0, definition="d")
    change = Change(status=status, states=tuple(groups), transitions=tuple((one, ()) for one in transitions))
    MonitorStateStore(state).commit([change], lease=lease, now_ns=NOW_NS)


def test_each_slo_has_its_own_corrections_and_a_broken_one_is_left_out(state: StateStore) -> None:
    resources = ResourceStore(state)
    resources.create(SLO, METRIC, now_ns=NOW_NS, id="a")
    resources.create(SLO, METRIC | {"name": "Other", "tags": []}, now_ns=NOW_NS, id="b")
    resources.create(SLO, METRIC | {"type": "of tomorrow"}, now_ns=NOW_NS, id="c")
    times = {"start": T0, "end": T0 + 600}
    resources.create(CORRECTION, times | {"slo_id": "a"}, now_ns=NOW_NS)
    resources.create(CORRECTION, times | {"slo_id": "b"}, now_ns=NOW_NS)
    resources.create(CORRECTION, times | {"slo_id": None, "slo_query": "team:x AND answers"}, now_ns=NOW_NS)
    book = load_slos(resources, MonitorStateStore(state))
    assert {id: len(slo.corrections) for id, slo in book.items()} == {"a": 2, "b": 1}


def test_a_monitor_slo_is_judged_by_stored_transitions(state: StateStore) -> None:
    resources = ResourceStore(state)
    monitor = {"name": "m", "type": "query alert", "query": "avg(last_5m):avg:x{*} > 5"}
    resources.create("monitor", monitor, now_ns=NOW_NS, id="5")
    resources.create(
        SLO, {"name": "s", "type": "monitor", "thresholds": TARGETS, "monitor_ids": [5]}, now_ns=NOW_NS, id="s"
    )
    before_the_period = transition(T0 - 3600, State.OK, State.ALERT)
    keep(
        state,
        [before_the_period, transition(T0 + 120, State.ALERT, State.OK), transition(T0 + 3000, State.OK, State.ALERT)],
        [GroupState(group="*", state=State.ALERT, seen_s=T0 - 7200)],
    )
    book = load_slos(resources, MonitorStateStore(state))
    found = measure_of(book["s"], book.past).history(T0, T0 + 600, {})
    assert (found.overall.good, found.overall.valid) == (480, 600)
    assert found.overall.changes == ((T0, 0), (T0 + 120, 1))


def test_a_monitor_that_alerted_long_ago_and_still_does_is_down(state: StateStore) -> None:
    resources = ResourceStore(state)
    resources.create("monitor", {"name": "m", "type": "query alert", "query": "q"}, now_ns=NOW_NS, id="5")
    keep(
        state,
        [transition(T0 - 90_000, State.OK, State.ALERT)],
        [GroupState(group="*", state=State.ALERT, seen_s=T0 - 95_000)],
    )
    past = load_slos(resources, MonitorStateStore(state)).past
    assert past is not None
    found = past.find(5, T0, T0 + 600)
    assert found is not None
    assert found.groups["*"].before is State.ALERT
    assert past.find(6, T0, T0 + 600) is None

"""What monitors remember, the same cases on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.model.monitor_tick import Change, MonitorStatus
from lrcp.model.notification import Notification
from lrcp.store.state.leases import LEASE_NS, Lease, LeaseLostError, LeaseStore
from lrcp.store.state.monitor_states import KEEP_NS, MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.store import StateStore, open_state
from tests.contract.state.test_state_store import url as url  # the fixture

NOW_NS = 1_700_000_000_000_000_000
AT_S = 1_700_000_000


@pytest.fixture
def state(url: str, tmp_path: Path) -> Iterator[StateStore]:
    opened = open_state(url, tmp_path, now_ns=NOW_NS)
    yield opened
    opened.close()


@pytest.fixture
def lease(state: StateStore) -> Lease:
    held = LeaseStore(state).acquire("monitors", "a", NOW_NS)
    assert held is not None
    return held


def status(monitor_id: int = 7, worst: State = State.ALERT) -> MonitorStatus:
    return MonitorStatus(monitor_id=monitor_id, state=worst, evaluated_s=AT_S, definition="d")


def transition(group: str = "host:a") -> Transition:
    return Transition(
        monitor_id=7,
        group=group,
        time_s=AT_S,
        before=State.OK,
        after=State.ALERT,
        kind="alert",
        reason="6 > 5",
        notify=True,
        value=6.0,
        threshold=5.0,
    )


def message(muted_by: str = "") -> Notification:
    return Notification(
        monitor_id=7, group="host:a", time_s=AT_S, kind="alert", title="t", body="b", handles=("me",), muted_by=muted_by
    )


def test_a_tick_is_kept_whole(state: StateStore, lease: Lease) -> None:
    store = MonitorStateStore(state)
    group = GroupState(group="host:a", state=State.ALERT, value=6.0, since_s=AT_S)
    change = Change(status=status(), states=(group,), transitions=((transition(), (message(), message("d1"))),))
    written = store.commit([change], lease=lease, now_ns=NOW_NS)
    assert store.load() == {7: {"host:a": group}}
    assert store.groups(7) == [group]
    assert store.statuses() == {7: status()}
    assert store.transitions() == [transition()]
    assert store.transitions(monitor_id=8) == []
    assert [one.notification.muted_by for one in written] == ["", "d1"]


def test_the_outbox_holds_what_is_not_delivered_and_not_muted(state: StateStore, lease: Lease) -> None:
    change = Change(status=status(), transitions=((transition(), (message(), message("d1"))),))
    MonitorStateStore(state).commit([change], lease=lease, now_ns=NOW_NS)
    outbox = NotificationStore(state)
    (waiting,) = outbox.undelivered()
    assert waiting.notification == message()
    outbox.mark_delivered(waiting.id, NOW_NS + 1)
    assert outbox.undelivered() == []
    assert [one.delivered_ns for one in outbox.page(limit=10)] == [NOW_NS, NOW_NS + 1]
    assert outbox.page(limit=10, monitor_id=8) == []


def test_states_are_replaced_and_groups_that_age_go(state: StateStore, lease: Lease) -> None:
    store = MonitorStateStore(state)
    groups = tuple(GroupState(group=f"host:{number}", state=State.OK) for number in range(5_000))
    store.commit([Change(status=status(), states=groups)], lease=lease, now_ns=NOW_NS)
    worse = GroupState(group="host:3", state=State.WARN)
    gone = tuple(f"host:{number}" for number in range(10, 5_000))
    store.commit([Change(status=status(), states=(worse,), gone=gone)], lease=lease, now_ns=NOW_NS)
    kept = store.load()[7]
    assert len(kept) == 10
    assert kept["host:3"] == worse
    assert store.groups(7, limit=1) == [worse]
    store.forget([7])
    assert store.load() == {}
    assert store.statuses() == {}


def test_a_server_that_lost_its_lease_writes_nothing(state: StateStore, lease: Lease) -> None:
    leases = LeaseStore(state)
    assert leases.acquire("monitors", "b", NOW_NS + LEASE_NS // 2) is None
    other = leases.acquire("monitors", "b", NOW_NS + LEASE_NS + 1)
    assert other is not None
    assert other.term == lease.term + 1
    store = MonitorStateStore(state)
    with pytest.raises(LeaseLostError):
        store.commit([Change(status=status())], lease=lease, now_ns=NOW_NS)
    assert store.statuses() == {}
    store.commit([Change(status=status())], lease=other, now_ns=NOW_NS + LEASE_NS + 1)
    assert leases.acquire("monitors", "a", NOW_NS + LEASE_NS + 2) is None


def test_each_commit_extends_the_lease_and_a_release_ends_it(state: StateStore, lease: Lease) -> None:
    leases = LeaseStore(state)
    later = NOW_NS + LEASE_NS - 1
    MonitorStateStore(state).commit([], lease=lease, now_ns=later)
    assert leases.acquire("monitors", "b", later + LEASE_NS - 1) is None
    leases.release(lease)
    assert leases.acquire("monitors", "b", later) is not None


def test_an_expiry_that_no_right_clock_could_have_set_counts_as_past(state: StateStore) -> None:
    leases = LeaseStore(state)
    assert leases.acquire("monitors", "a", NOW_NS + 10**15) is not None
    assert leases.acquire("monitors", "b", NOW_NS) is not None


def test_of_many_that_ask_at_once_one_gets_the_lease(state: StateStore) -> None:
    leases = LeaseStore(state)
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda number: leases.acquire("work", f"holder-{number}", NOW_NS), range(8)))
    assert sum(one is not None for one in held) == 1


def test_transitions_are_found_by_time(state: StateStore, lease: Lease) -> None:
    store = MonitorStateStore(state)
    change = Change(status=status(), transitions=tuple((transition(f"host:{n}"), ()) for n in range(3)))
    store.commit([change], lease=lease, now_ns=NOW_NS)
    assert [one.group for one in store.transitions(newest_first=True, limit=2)] == ["host:2", "host:1"]
    assert store.transitions(since_ns=AT_S * 10**9 + 1) == []
    assert store.transitions(until_ns=AT_S * 10**9) == []


def test_what_is_older_than_a_year_is_dropped_unless_it_still_waits(state: StateStore, lease: Lease) -> None:
    store, outbox = MonitorStateStore(state), NotificationStore(state)
    change = Change(status=status(), transitions=((transition(), (message(), message())),))
    first, second = store.commit([change], lease=lease, now_ns=NOW_NS)
    outbox.mark_delivered(first.id, NOW_NS)
    assert store.prune(NOW_NS + KEEP_NS) == 0
    assert store.prune(NOW_NS + KEEP_NS + 1) == 2
    assert store.transitions() == []
    assert [one.id for one in outbox.page(limit=10)] == [second.id]

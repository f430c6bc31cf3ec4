"""Delivery: each notification becomes one event, also when the store was away or the server died in between."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrcp.app.notifications import Delivery, as_event
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from lrcp.model.errors import UnavailableError
from lrcp.model.monitor_state import State, Transition
from lrcp.model.monitor_tick import Change, MonitorStatus
from lrcp.model.notification import Notification, StoredNotification
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.store import StateStore, open_state

NOW_S = 1_790_000_000
NOW_NS = NOW_S * 10**9


class Events:
    """A consumer that keeps a payload once, as the pipeline does, and can be away."""

    def __init__(self) -> None:
        self.kept: dict[bytes, Batch] = {}
        self.away = False
        self.asked = 0

    async def consume(self, batch: Batch) -> None:
        self.asked += 1
        if self.away:
            raise UnavailableError("the store is away")
        self.kept.setdefault(batch.digest, batch)

    @property
    def titles(self) -> list[str]:
        return [event.title for batch in self.kept.values() for event in batch.events]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateStore]:
    opened = open_state("", tmp_path, now_ns=NOW_NS)
    yield opened
    opened.close()


def message(title: str, kind: str = "alert") -> Notification:
    return Notification(
        monitor_id=7, group="host:a,env:prod", time_s=NOW_S, kind=kind, title=title, body="text", handles=("me",)
    )


def write(state: StateStore, *titles: str) -> None:
    """Put notifications into the outbox."""
    lease = LeaseStore(state).acquire("monitors", "me", NOW_NS)
    assert lease is not None
    changed = Transition(
        monitor_id=7, group="*", time_s=NOW_S, before=State.OK, after=State.ALERT, kind="alert", reason="", notify=True
    )
    status = MonitorStatus(monitor_id=7, state=State.ALERT, evaluated_s=NOW_S, definition="d")
    told = tuple(message(title) for title in titles)
    change = Change(status=status, transitions=((changed, told),))
    MonitorStateStore(state).commit([change], lease=lease, now_ns=NOW_NS)


def delivery(state: StateStore, events: Events, holder: str = "me") -> Delivery:
    stores = (NotificationStore(state), LeaseStore(state))
    return Delivery(*stores, events, lambda id: ("team:shop",), FakeClock(NOW_S), holder)


def test_what_waits_is_delivered_in_order_and_once(state: StateStore) -> None:
    events = Events()
    write(state, "first", "second")
    worker = delivery(state, events)
    assert asyncio.run(worker.deliver()) == 2
    assert asyncio.run(worker.deliver()) == 0
    assert events.titles == ["first", "second"]


def test_a_server_that_stops_lets_another_deliver_at_once(state: StateStore) -> None:
    events = Events()
    write(state, "first")

    async def run() -> int:
        first, second = delivery(state, events), delivery(state, events, holder="another")
        await first.deliver()
        write(state, "second")
        assert await second.deliver() == 0
        await first.stop()
        return await second.deliver()

    assert asyncio.run(run()) == 1
    assert events.titles == ["first", "second"]


def test_what_could_not_be_delivered_waits(state: StateStore) -> None:
    events = Events()
    write(state, "first", "second")
    worker = delivery(state, events)
    events.away = True
    with pytest.raises(UnavailableError):
        asyncio.run(worker.deliver())
    assert events.asked == 1
    events.away = False
    assert asyncio.run(worker.deliver()) == 2


def test_a_server_that_died_before_it_noted_the_delivery_sends_the_same_event(state: StateStore) -> None:
    events = Events()
    write(state, "first")
    (waiting,) = NotificationStore(state).undelivered()
    asyncio.run(delivery(state, events).deliver())
    with state.transaction() as connection:
        connection.exec_driver_sql("UPDATE notification SET delivered_ns = NULL")
    asyncio.run(delivery(state, events).deliver())
    assert events.asked == 2
    assert events.titles == ["first"]
    assert waiting.notification.title == "first"


def test_of_two_servers_one_delivers(state: StateStore) -> None:
    events = Events()
    write(state, "first")
    asyncio.run(delivery(state, events, "one").deliver())
    write(state, "second")
    assert asyncio.run(delivery(state, events, "two").deliver()) == 0
    assert asyncio.run(delivery(state, events, "one").deliver()) == 1


@pytest.mark.parametrize(
    ("kind", "alert_type"),
    [
        ("alert", "error"),
        ("warning", "warning"),
        ("no_data", "warning"),
        ("renotify", "error"),
        ("recovery", "success"),
        ("no_data_recovery", "success"),
        ("timeout", "success"),
    ],
)
def test_an_event_has_the_tags_of_monitor_and_group_and_the_type_of_the_news(kind: str, alert_type: str) -> None:
    stored = StoredNotification(
        id=3, transition_id=1, created_ns=NOW_NS, delivered_ns=None, notification=message("t", kind)
    )
    event = as_event(stored, ("team:shop",))
    assert event.tags == ("env:prod", "host:a", "monitor_id:7", "team:shop", f"transition:{kind}")
    assert (event.alert_type, event.source, event.aggregation_key) == (alert_type, "monitor", "monitor:7")
    assert 0 < event.id < 2**63

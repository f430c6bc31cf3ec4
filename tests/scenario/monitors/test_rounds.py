"""Rounds over a real state database: restarts, two servers, a store that is away, clocks that jump, downtimes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from lrcp.kit.clock import FakeClock
from lrcp.model.errors import UnavailableError
from lrcp.model.monitor_state import State
from lrcp.model.monitor_tick import MonitorEvaluation
from lrcp.monitors.schedule.definitions import DefinitionFollower
from lrcp.monitors.schedule.round import Rounds
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan
from lrcp.store.state.leases import LEASE_NS, LeaseLostError, LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore, open_state

START_S = 1_790_000_000 // 60 * 60
SLOW = {
    "name": "slow",
    "type": "query alert",
    "query": "avg(last_1m):avg:took{*} by {host} > 5",
    "message": "Slow. @oncall-shop",
    "tags": ["team:shop"],
    "options": {"thresholds": {"critical": 5}},
}


class Store(MemorySource):
    """A source that can be away."""

    away = False

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        if self.away:
            raise UnavailableError("connection refused")
        return await super().fetch(scans)


class Record:
    """Keeps evaluations in a list."""

    def __init__(self) -> None:
        self.rows: list[MonitorEvaluation] = []

    async def write(self, evaluations: Sequence[MonitorEvaluation]) -> None:
        self.rows += evaluations


class Scene:
    """One state database and one store; servers that come and go."""

    def __init__(self, state: StateStore) -> None:
        self.state = state
        self.clock = FakeClock(START_S)
        # Bad from the fifth minute to the tenth.
        values = [9.0 if 30 <= at < 60 else 1.0 for at in range(720)]
        times = [float(START_S + 10 * at) for at in range(720)]
        self.store = Store([MemorySeries("took", "gauge", ("host:a",), times, values)])
        self.record = Record()
        self.resources = ResourceStore(state)
        self.monitor_id = int(self.create("monitor", SLOW))

    def create(self, kind: str, document: Mapping[str, Any]) -> str:
        return self.resources.create(kind, document, now_ns=self.clock.now_ns()).id

    def server(self, name: str = "one") -> Rounds:
        follower = DefinitionFollower(self.resources, dict)
        stores = (MonitorStateStore(self.state), LeaseStore(self.state))
        return Rounds(follower, *stores, self.store, self.record, self.clock, holder=name, address="http://lrcp")

    async def run(self, server: Rounds, until_minute: float) -> None:
        """Tick every ten seconds up to a minute of the scene."""
        while self.now_s < START_S + until_minute * 60:
            self.clock.advance(10)
            await server.run(self.now_s)

    @property
    def now_s(self) -> int:
        return self.clock.now_ns() // 10**9

    def transitions(self) -> list[tuple[str, float]]:
        """Kind and minute of each."""
        found = MonitorStateStore(self.state).transitions()
        return [(one.kind, (one.time_s - START_S) / 60) for one in found]

    def told(self) -> list[tuple[str, str]]:
        """Title, and what muted it; oldest first."""
        page = NotificationStore(self.state).page(limit=100)
        return [(one.notification.title, one.notification.muted_by) for one in reversed(page)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    state = open_state("", tmp_path, now_ns=START_S * 10**9)
    yield Scene(state)
    state.close()


ALERTED = [("[Triggered on {host:a}] slow", ""), ("[Recovered on {host:a}] slow", "")]


async def _whole_story(scene: Scene) -> None:
    await scene.run(scene.server(), 15)


def run(coroutine: Any) -> Any:
    import asyncio

    return asyncio.run(coroutine)


def test_an_alert_is_told_once_and_its_recovery_once(scene: Scene) -> None:
    run(_whole_story(scene))
    assert [kind for kind, _ in scene.transitions()] == ["alert", "recovery"]
    assert scene.told() == ALERTED
    (waiting, _) = NotificationStore(scene.state).undelivered()
    assert waiting.notification.handles == ("oncall-shop",)
    assert "http://lrcp/monitors/" in waiting.notification.body


@pytest.mark.parametrize("minute", [4.5, 5.5, 5.67, 8, 10.5])
def test_a_restart_at_any_moment_changes_nothing(scene: Scene, minute: float) -> None:
    async def scenario() -> None:
        await scene.run(scene.server("one"), minute)
        scene.clock.advance(LEASE_NS // 10**9 + 10)  # it died without a word
        await scene.run(scene.server("two"), 15)

    run(scenario())
    assert [kind for kind, _ in scene.transitions()] == ["alert", "recovery"]
    assert scene.told() == ALERTED


def test_of_two_servers_one_evaluates(scene: Scene) -> None:
    one, two = scene.server("one"), scene.server("two")

    async def scenario() -> None:
        while scene.now_s < START_S + 900:
            scene.clock.advance(10)
            assert await one.run(scene.now_s) is not None
            assert await two.run(scene.now_s) is None

    run(scenario())
    assert (one.active, two.active) == (True, False)
    assert scene.told() == ALERTED


def test_a_server_that_stops_hands_over_at_once(scene: Scene) -> None:
    async def scenario() -> None:
        one, two = scene.server("one"), scene.server("two")
        await scene.run(one, 8)
        one.close()
        await scene.run(two, 15)
        assert two.active

    run(scenario())
    assert scene.told() == ALERTED


def test_a_server_that_was_paused_cannot_write_over_its_successor(scene: Scene) -> None:
    async def scenario() -> None:
        one, two = scene.server("one"), scene.server("two")
        await scene.run(one, 4)
        lease = one._lease
        scene.clock.advance(60)
        await scene.run(two, 8)
        assert lease is not None
        with pytest.raises(LeaseLostError):
            MonitorStateStore(scene.state).commit([], lease=lease, now_ns=scene.clock.now_ns())
        assert await one.run(scene.now_s) is None

    run(scenario())


def test_a_store_that_is_away_gives_unknown_and_forgets_nothing(scene: Scene) -> None:
    async def scenario() -> None:
        server = scene.server()
        await scene.run(server, 7)
        scene.store.away = True
        await scene.run(server, 8)
        status = MonitorStateStore(scene.state).statuses()[scene.monitor_id]
        assert status.state is State.UNKNOWN
        assert scene.record.rows[-1].state is State.UNKNOWN
        assert "connection refused" in scene.record.rows[-1].note
        assert [group.state for group in MonitorStateStore(scene.state).groups(scene.monitor_id)] == [State.ALERT]
        scene.store.away = False
        await scene.run(server, 15)

    run(scenario())
    assert scene.told() == ALERTED


def test_a_clock_that_jumps_back_and_forth_tells_nothing_twice(scene: Scene) -> None:
    async def scenario() -> None:
        server = scene.server()
        await scene.run(server, 8)
        scene.clock.advance(-180)
        await server.run(scene.now_s)
        scene.clock.advance(190)
        await scene.run(server, 15)

    run(scenario())
    assert scene.told() == ALERTED


def test_a_downtime_mutes_and_says_which(scene: Scene) -> None:
    downtime = {
        "scope": "host:a",
        "monitor_identifier": {"monitor_tags": ["team:shop"]},
        "schedule": {"start": None, "end": None},
    }
    id = scene.create("downtime", downtime)
    run(_whole_story(scene))
    assert scene.told() == [(title, id) for title, _ in ALERTED]
    assert NotificationStore(scene.state).undelivered() == []


def test_a_notification_rule_adds_its_recipients(scene: Scene) -> None:
    rule = {"name": "shop", "filter": {"tags": ["team:shop"]}, "recipients": ["slack-shop"]}
    scene.create("notification_rule", rule)
    run(_whole_story(scene))
    waiting = NotificationStore(scene.state).undelivered()
    assert [one.notification.handles for one in waiting] == [("oncall-shop", "slack-shop")] * 2


def test_a_definition_that_is_changed_starts_anew_and_one_that_is_renamed_does_not(scene: Scene) -> None:
    async def scenario() -> None:
        server = scene.server()
        await scene.run(server, 7)
        scene.resources.update(
            "monitor", str(scene.monitor_id), SLOW | {"name": "renamed"}, now_ns=scene.clock.now_ns()
        )
        await scene.run(server, 8)
        higher = SLOW | {
            "query": "avg(last_1m):avg:took{*} by {host} > 50",
            "options": {"thresholds": {"critical": 50}},
        }
        scene.resources.update("monitor", str(scene.monitor_id), higher, now_ns=scene.clock.now_ns())
        await scene.run(server, 9)
        scene.resources.delete("monitor", [str(scene.monitor_id)], now_ns=scene.clock.now_ns())
        await scene.run(server, 9.5)

    run(scenario())
    assert scene.transitions() == [("alert", pytest.approx(5.5, abs=0.2))]
    assert MonitorStateStore(scene.state).load() == {}


def test_a_definition_that_cannot_be_read_says_so_and_the_others_go_on(scene: Scene) -> None:
    broken = int(scene.create("monitor", SLOW | {"query": "avg(last_1m):nonsense"}))
    run(_whole_story(scene))
    assert scene.told() == ALERTED
    row = next(row for row in reversed(scene.record.rows) if row.monitor_id == broken)
    assert row.state is State.UNKNOWN
    assert "compares its result with nothing" in row.note
    assert MonitorStateStore(scene.state).statuses()[broken].state is State.UNKNOWN


def test_a_draft_is_not_evaluated(scene: Scene) -> None:
    draft = int(scene.create("monitor", SLOW | {"draft_status": "draft"}))
    run(_whole_story(scene))
    assert draft not in MonitorStateStore(scene.state).statuses()


def test_the_parts_of_a_composite_are_told_as_this_tick_left_them(scene: Scene) -> None:
    composite = {
        "name": "both",
        "type": "composite",
        "query": f"{scene.monitor_id} && {scene.monitor_id}",
        "message": "{{a.status}}",
        "options": {},
    }
    id = int(scene.create("monitor", composite))
    run(_whole_story(scene))
    page = [one.notification for one in NotificationStore(scene.state).page(limit=10, monitor_id=id)]
    assert [one.body.partition("\n")[0] for one in reversed(page)] == ["Alert", "OK"]


def test_a_message_that_cannot_be_written_is_told_by_its_numbers_and_no_state_is_lost(scene: Scene) -> None:
    async def scenario() -> None:
        server = scene.server()
        await scene.run(server, 4)
        server._definitions.current.rules = (None,)  # type: ignore[assignment]  # what nobody thought of
        await scene.run(server, 15)

    run(scenario())
    assert [kind for kind, _ in scene.transitions()] == ["alert", "recovery"]
    assert scene.told() == ALERTED
    (first, _) = NotificationStore(scene.state).undelivered()
    assert "critical" in first.notification.body
    assert first.notification.handles == ()

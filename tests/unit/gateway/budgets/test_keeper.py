"""The keeper: a real database, a real thread and journal, and an event loop that never waits where a lease suffices."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lrcp.gateway.budgets import keeper as module
from lrcp.gateway.budgets.keeper import BudgetKeeper
from lrcp.gateway.budgets.lease import Lease
from lrcp.kit.clock import FakeClock
from lrcp.model.budget import BudgetUse, LeaseGrant
from lrcp.model.errors import UnavailableError
from lrcp.store.state.budgets import BudgetStore
from lrcp.store.state.store import StateStore, open_state

CAP = 10_000


@dataclass
class World:
    """A database that can be away, and keepers over it."""

    state: StateStore
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    away: bool = False

    def get_state(self) -> StateStore:
        if self.away:
            raise UnavailableError("the state database does not answer")
        return self.state

    @asynccontextmanager
    async def keeper(self, *, journal: bool = True) -> AsyncIterator[BudgetKeeper]:
        keeper = BudgetKeeper(BudgetStore(self.get_state), self.clock, self.folder if journal else None)
        await keeper.start()
        yield keeper
        await keeper.stop()

    def lease(self, keeper: BudgetKeeper, *, cap: int = CAP, value: str = "") -> Lease:
        lease = keeper.lease_for("all", value, "hour", cap, self.clock.now_ns())
        assert lease is not None
        return lease

    def uses(self) -> list[BudgetUse]:
        return BudgetStore(lambda: self.state).list_uses(0)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    state = open_state("", tmp_path, now_ns=1)
    yield World(state, tmp_path / "journals")
    state.close()


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come to pass")


def test_a_reservation_is_settled_and_written(world: World) -> None:
    async def work() -> None:
        async with world.keeper() as keeper:
            lease = world.lease(keeper)
            assert await keeper.obtain(lease, 100) == "granted"
            lease.settle(100, 60)
            await until(lambda: world.uses()[0].spent_nusd == 60)

    run(work())
    (use,) = world.uses()
    assert (use.spent_nusd, use.reserved_nusd, use.leases) == (60, 0, 0)
    assert list(world.folder.iterdir()) == []


def test_more_than_is_left_is_refused_and_what_is_left_is_not(world: World) -> None:
    async def work() -> None:
        async with world.keeper() as keeper:
            lease = world.lease(keeper)
            assert await keeper.obtain(lease, CAP + 1) == "exhausted"
            assert lease.ratio == 1.0
            assert await keeper.obtain(lease, CAP) == "granted"
            lease.settle(CAP, 0)
            assert lease.ratio == 0.0 or lease.refused_nusd > CAP

    run(work())


def test_a_call_whose_grant_others_took_while_it_was_on_its_way_asks_again(world: World) -> None:
    class Slow(BudgetStore):
        """Holds its answers back until the test has done something meanwhile."""

        asked, go_on = threading.Event(), threading.Event()

        def sync(self, *arguments: Any) -> list[LeaseGrant]:
            grants = super().sync(*arguments)
            self.asked.set()
            self.go_on.wait(30)
            return grants

    async def work() -> None:
        store = Slow(world.get_state)
        store.go_on.set()
        keeper = BudgetKeeper(store, world.clock, None)
        await keeper.start()
        lease = world.lease(keeper, cap=5_000)
        assert await keeper.obtain(lease, 10) == "granted"
        at_hand = lease.available_nusd
        assert at_hand > 0
        store.go_on.clear()
        store.asked.clear()
        large = asyncio.create_task(keeper.obtain(lease, at_hand + 3_000))
        await until(store.asked.is_set)
        for _ in range(at_hand):
            assert lease.reserve(1)
        lease.settle(10, 500)  # the first call was dearer than it reserved
        store.go_on.set()
        assert await large == "granted"
        await keeper.stop()

    run(work())


def test_while_the_database_is_away_calls_go_on_from_the_lease_and_then_no_more(world: World) -> None:
    async def work() -> None:
        async with world.keeper() as keeper:
            lease = world.lease(keeper)
            assert await keeper.obtain(lease, 10) == "granted"
            lease.settle(10, 10)
            world.away = True
            at_hand = lease.available_nusd
            while lease.reserve(10):
                lease.settle(10, 10)
            assert lease.spent_nusd - 10 <= at_hand
            assert await keeper.obtain(lease, 10) == "away"
            assert "does not answer" in keeper.describe()["database"]
            world.away = False
            world.clock.advance(10)
            await until(lambda: world.uses()[0].spent_nusd == lease.spent_nusd)
            assert await keeper.obtain(lease, 10) == "granted"
            lease.settle(10, 10)

    run(work())
    assert world.uses()[0].leases == 0


def test_a_client_that_leaves_while_it_waits_holds_nothing(world: World) -> None:
    async def work() -> None:
        async with world.keeper() as keeper:
            lease = world.lease(keeper)
            for turns in range(12):
                waiting = asyncio.create_task(keeper.obtain(lease, 500))
                for _ in range(turns):
                    await asyncio.sleep(0.001)
                waiting.cancel()
                outcome = (await asyncio.gather(waiting, return_exceptions=True))[0]
                if outcome == "granted":
                    lease.settle(500, 0)
            await asyncio.sleep(0.3)
            assert lease.reserved_nusd == 0

    run(work())


def test_a_new_window_begins_with_a_new_lease_and_the_old_one_is_settled(world: World) -> None:
    async def work() -> None:
        async with world.keeper() as keeper:
            before = world.lease(keeper)
            assert await keeper.obtain(before, 100) == "granted"
            world.clock.advance(3600)
            after = world.lease(keeper)
            assert after is not before
            assert await keeper.obtain(after, 200) == "granted"
            before.settle(100, 70)
            after.settle(200, 200)
            await until(lambda: sorted(use.spent_nusd for use in world.uses()) == [70, 200])

    run(work())
    assert {use.key.window for use in world.uses()} == {"2023-11-14T22", "2023-11-14T23"}


def test_a_process_that_ended_without_a_word_is_settled_by_the_next(world: World) -> None:
    async def work() -> None:
        dead = BudgetKeeper(BudgetStore(world.get_state), world.clock, world.folder)
        lease = world.lease(dead)
        assert await dead.obtain(lease, 3_000) == "granted"
        lease.settle(3_000, 1_234)
        lease.reserve(50)
        world.away = True
        await dead.stop()  # its last word does not arrive; the journal stays
        world.away = False
        async with world.keeper():
            await until(lambda: world.uses()[0].leases == 0)

    run(work())
    # It could not say that what was in progress is charged, but the journal does.
    assert world.uses()[0].spent_nusd == 1_284


def test_what_is_in_progress_at_the_end_is_charged_whole(world: World) -> None:
    async def work() -> None:
        async with world.keeper() as keeper:
            assert await keeper.obtain(world.lease(keeper), 77) == "granted"

    run(work())
    assert world.uses()[0].spent_nusd == 77


def test_a_cap_that_the_policy_changes_holds_from_the_next_call(world: World) -> None:
    async def work() -> None:
        async with world.keeper() as keeper:
            assert await keeper.obtain(world.lease(keeper), CAP) == "granted"
            assert await keeper.obtain(world.lease(keeper), 1) == "exhausted"
            assert await keeper.obtain(world.lease(keeper, cap=2 * CAP), 1) == "granted"

    run(work())


def test_a_lease_that_was_taken_away_is_replaced(world: World) -> None:
    async def work() -> None:
        async with world.keeper(journal=False) as keeper:
            lease = world.lease(keeper)
            assert await keeper.obtain(lease, 100) == "granted"
            BudgetStore(world.get_state).settle_lost(world.clock.now_ns() + 31 * 10**9)
            charged = world.uses()[0].spent_nusd
            assert await keeper.obtain(lease, CAP) == "away"
            lease.settle(100, 100)
            fresh = world.lease(keeper)
            assert fresh is not lease
            assert await keeper.obtain(fresh, 100) == "granted"
            fresh.settle(100, 100)
            await until(lambda: world.uses()[0].spent_nusd == charged + 100)

    run(work())


def test_budgets_of_more_values_than_are_kept_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LEASES", 2)

    async def work() -> None:
        async with world.keeper() as keeper:
            assert [
                keeper.lease_for("all", value, "hour", CAP, world.clock.now_ns()) is not None for value in "abca"
            ] == [True, True, False, True]

    run(work())


def test_a_gateway_without_budgets_starts_nothing(world: World) -> None:
    async def work() -> None:
        async with world.keeper() as keeper:
            assert keeper.describe() == {"leases": 0, "database": "ok"}
            assert len(asyncio.all_tasks()) == 2  # this one, and the one that waits for it

    run(work())
    assert not world.folder.exists()

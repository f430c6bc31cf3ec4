"""The clock of the monitors: aligned ticks, none twice, missed ones counted, faults survived."""

import asyncio
import threading
from collections.abc import Callable

from lrcp.kit.clock import FakeClock
from lrcp.model.errors import UnavailableError
from lrcp.monitors.schedule.scheduler import SETTLE_S, MonitorScheduler
from lrcp.monitors.tick import TickResult

START_S = 1_790_000_000


class Rounds:
    """Notes when it was run, and does what it is told to."""

    def __init__(self, act: Callable[[int], None] = lambda at_s: None) -> None:
        self.ran: list[int] = []
        self.threads: set[str] = set()
        self.closed = False
        self._act = act

    async def run(self, at_s: int) -> TickResult | None:
        self.ran.append(at_s)
        self.threads.add(threading.current_thread().name)
        self._act(at_s)
        return TickResult(at_s)

    def close(self) -> None:
        self.closed = True


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it did not come to that")


def play(rounds: Rounds, clock: FakeClock, script: Callable[[MonitorScheduler], object]) -> MonitorScheduler:
    """Run a scheduler while a script moves the clock."""
    scheduler = MonitorScheduler(lambda: rounds, clock)

    async def scenario() -> None:
        await scheduler.start()
        await script(scheduler)  # type: ignore[misc]
        await scheduler.stop()

    asyncio.run(scenario())
    return scheduler


def test_ticks_stand_on_full_tens_and_wait_until_what_came_before_is_stored() -> None:
    clock, rounds = FakeClock(START_S + 5), Rounds()

    async def script(scheduler: MonitorScheduler) -> None:
        await until(lambda: rounds.ran == [START_S])
        clock.advance(5 + SETTLE_S - 0.5)
        await asyncio.sleep(0.05)
        assert rounds.ran == [START_S]
        clock.advance(1)
        await until(lambda: rounds.ran == [START_S, START_S + 10])

    scheduler = play(rounds, clock, script)
    assert rounds.threads == {"monitors"}
    assert rounds.closed
    assert (scheduler.pulse.ticks, scheduler.pulse.late, scheduler.pulse.last_s) == (2, 0, START_S + 10)


def test_ticks_that_were_missed_are_left_out_and_counted() -> None:
    clock, rounds = FakeClock(START_S + 3), Rounds()

    async def script(scheduler: MonitorScheduler) -> None:
        await until(lambda: len(rounds.ran) == 1)
        clock.advance(45)
        await until(lambda: len(rounds.ran) == 2)

    scheduler = play(rounds, clock, script)
    assert rounds.ran == [START_S, START_S + 40]
    assert scheduler.pulse.late == 3


def test_a_round_that_fails_is_told_and_the_next_one_comes() -> None:
    def act(at_s: int) -> None:
        if at_s == START_S:
            raise UnavailableError("the state database does not answer")
        if at_s == START_S + 10:
            raise RuntimeError("a bug")

    clock, rounds = FakeClock(START_S + 3), Rounds(act)

    async def script(scheduler: MonitorScheduler) -> None:
        await until(lambda: scheduler.pulse.failed == 1)
        assert scheduler.pulse.error == "the state database does not answer"
        clock.advance(10)
        await until(lambda: scheduler.pulse.failed == 2)
        assert scheduler.pulse.error == "RuntimeError: a bug"
        clock.advance(10)
        await until(lambda: scheduler.pulse.ticks == 1)
        assert scheduler.pulse.error == ""

    play(rounds, clock, script)


def test_a_clock_that_jumps_back_does_not_stop_it() -> None:
    clock, rounds = FakeClock(START_S + 3), Rounds()

    async def script(scheduler: MonitorScheduler) -> None:
        await until(lambda: len(rounds.ran) == 1)
        clock.advance(-3600)
        await until(lambda: len(rounds.ran) == 2)

    scheduler = play(rounds, clock, script)
    assert rounds.ran == [START_S, START_S - 3600]
    assert scheduler.pulse.late == 0

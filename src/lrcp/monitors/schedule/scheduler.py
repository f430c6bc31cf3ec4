"""The clock of the monitors: a round every ten seconds, in a thread of its own, never two at a time."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Protocol

from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError
from lrcp.monitors.tick import TickResult

log = logging.getLogger(__name__)

TICK_S: Final = 10
SETTLE_S: Final = 2.0
"""A tick waits for so long behind its time: what happened just before it has then been stored."""
_NAP_S: Final = 0.5
"""The wall clock is looked at so often: it may jump while one sleeps."""


class Round(Protocol):
    """What is done at each tick."""

    async def run(self, at_s: int) -> TickResult | None: ...
    def close(self) -> None: ...


@dataclass(slots=True)
class Pulse:
    """How the scheduler is doing. last_s: time of the last tick that went through, 0 never; took_s: how long it took.

    late: ticks that were left out because one before them took too long. failed: rounds that could not be made.
    standby: another server evaluates. error: of the last round, ''.
    """

    ticks: int = 0
    late: int = 0
    failed: int = 0
    evaluated: int = 0
    unknown: int = 0
    transitions: int = 0
    last_s: int = 0
    took_s: float = 0.0
    standby: bool = False
    error: str = ""

    def counts(self) -> dict[str, int]:
        """What is counted, by name; each only grows."""
        names = ("ticks", "late", "failed", "evaluated", "unknown", "transitions")
        return {name: getattr(self, name) for name in names}


class MonitorScheduler:
    """A part of the server. make_round: builds the round on the scheduler's own thread and loop, where it also runs."""

    def __init__(self, make_round: Callable[[], Round], clock: Clock, *, tick_s: int = TICK_S) -> None:
        self._make_round = make_round
        self._clock = clock
        self._tick_s = tick_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.pulse = Pulse()

    async def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="monitors", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Finish the round under way, then give up the lease."""
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _run(self) -> None:
        asyncio.run(self._keep(self._make_round()))

    async def _keep(self, round: Round) -> None:
        last_s = 0
        while True:
            at_s = await self._wait_for_tick(last_s)
            if at_s is None:
                break
            if last_s:
                self.pulse.late += max(0, (at_s - last_s) // self._tick_s - 1)
            last_s = at_s
            await self._beat(round.run, at_s)
        try:
            round.close()
        except LrcpError as error:
            log.warning("the lease of the monitors ends by itself: %s", error)

    async def _wait_for_tick(self, last_s: int) -> int | None:
        """The newest tick time that has settled, when it is another than the last; None: it is time to stop."""
        while not self._stop.is_set():
            now_s = self._clock.now_ns() / 1e9 - SETTLE_S
            at_s = int(now_s // self._tick_s) * self._tick_s
            if at_s != last_s:
                return at_s
            await asyncio.sleep(min(_NAP_S, at_s + self._tick_s - now_s))
        return None

    async def _beat(self, run: Callable[[int], Awaitable[TickResult | None]], at_s: int) -> None:
        begun_s, pulse = self._clock.monotonic_s(), self.pulse
        try:
            result = await run(at_s)
        except Exception as error:  # boundary: whatever one round met, the next one is due in ten seconds
            pulse.failed += 1
            pulse.error = str(error) if isinstance(error, LrcpError) else f"{type(error).__name__}: {error}"
            log.warning(
                "monitors were not evaluated at %d: %s", at_s, pulse.error, exc_info=not isinstance(error, LrcpError)
            )
            return
        pulse.took_s, pulse.standby, pulse.error = self._clock.monotonic_s() - begun_s, result is None, ""
        if result is not None:
            self._count(result)

    def _count(self, result: TickResult) -> None:
        pulse = self.pulse
        pulse.ticks += 1
        pulse.last_s = result.at_s
        pulse.evaluated += len(result.monitors)
        pulse.unknown += result.unknown
        pulse.transitions += sum(len(one.transitions) for one in result.monitors.values())
        pulse.error = result.source_error

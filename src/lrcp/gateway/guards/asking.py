"""Asking a guard: within its time, and whatever it does."""

import asyncio
import logging
import traceback
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Final

from lrcp.gateway.guards.port import Guard, GuardInput, Verdict
from lrcp.gateway.guards.threads import GuardThreads

log = logging.getLogger(__name__)

OVERRUNS_BEFORE_THREAD: Final = 3


@dataclass(slots=True)
class GuardCounts:
    """Since the process began. timeouts: no verdict in time; overruns: a guard beside no thread that took longer than it may."""

    asked: int = 0
    objected: int = 0
    timeouts: int = 0
    failures: int = 0
    overruns: int = 0
    on_thread: bool = False


@dataclass(slots=True)
class GuardState:
    """What outlives a policy: the counts of each guard by its name in the policy, and the threads. A Part of the gateway."""

    counts: dict[str, GuardCounts] = field(default_factory=dict)
    threads: GuardThreads = field(default_factory=GuardThreads)

    async def start(self) -> None:
        """Nothing to do: threads begin with the first work."""

    async def stop(self) -> None:
        self.threads.stop()

    def describe(self) -> dict[str, Any]:
        """What /health tells of it."""
        counts = {
            name: {member: getattr(one, member) for member in GuardCounts.__slots__}
            for name, one in self.counts.items()
        }
        return {"guards": counts, **self.threads.describe()}


class Asker:
    """One guard of a policy, asked within timeout_ms.

    One that says it is not blocking runs where it is asked; once it has taken longer than it may three times it runs on
    a thread, until the process ends.
    """

    def __init__(self, name: str, guard: Guard, timeout_ms: int, state: GuardState) -> None:
        self.name = name
        self.guard = guard
        self._timeout_ms = timeout_ms
        self._threads = state.threads
        self.counts = state.counts.setdefault(name, GuardCounts())

    @property
    def inline(self) -> bool:
        """Whether it answers at once."""
        return not self.guard.blocking and not self.counts.on_thread

    async def ask(self, seen: GuardInput) -> Verdict | None:
        """The verdict; None when there is none in time, or none at all."""
        return self.ask_inline(seen) if self.inline else await self._ask_thread(seen)

    def ask_inline(self, seen: GuardInput) -> Verdict | None:
        """The same where the caller cannot wait."""
        begun = perf_counter_ns()
        try:
            verdict = self._judge(seen)
        except Exception as error:  # noqa: BLE001 - boundary: a guard's fault is no verdict; the policy says what that means
            self._failed(error)
            return None
        if perf_counter_ns() - begun > self._timeout_ms * 1_000_000:
            self.counts.overruns += 1
            self.counts.on_thread = self.counts.overruns >= OVERRUNS_BEFORE_THREAD
        return self._told(verdict)

    async def _ask_thread(self, seen: GuardInput) -> Verdict | None:
        future = self._threads.begin(lambda: self._judge(seen))
        if future is None:
            self._late()
            return None
        try:
            async with asyncio.timeout(self._timeout_ms / 1000):
                verdict = await future
        except TimeoutError as error:
            if future.cancelled():
                self._late()
            else:
                self._failed(error)
            return None
        except Exception as error:  # noqa: BLE001 - boundary: as in ask_inline
            self._failed(error)
            return None
        return self._told(verdict)

    def _told(self, verdict: Verdict) -> Verdict:
        self.counts.asked += 1
        self.counts.objected += verdict.objects
        return verdict

    def _late(self) -> None:
        self.counts.asked += 1
        self.counts.timeouts += 1

    def _failed(self, error: Exception) -> None:
        """Its words are not logged: they may hold what was judged."""
        self.counts.asked += 1
        self.counts.failures += 1
        frame = traceback.extract_tb(error.__traceback__)[-1]
        log.warning("the guard '%s' failed: %s at %s:%s", self.name, type(error).__name__, frame.filename, frame.lineno)

    def _judge(self, seen: GuardInput) -> Verdict:
        verdict = self.guard.judge(seen)
        if not isinstance(verdict, Verdict):
            raise TypeError("a guard must give a Verdict")
        return verdict

"""A few threads for guards that take long. They are daemons: a guard that never comes back cannot hold the process at its end."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from lrcp.gateway.guards.port import Verdict

Work = Callable[[], Verdict]
MAX_THREADS: Final = 8
MAX_WAITING: Final = 64


class GuardThreads:
    """Threads begin when they are needed. At most max_threads guards run at once, and max_waiting wait."""

    def __init__(self, max_threads: int = MAX_THREADS, max_waiting: int = MAX_WAITING) -> None:
        self._max_threads = max_threads
        self._max_waiting = max_waiting
        self._work: deque[tuple[Work, asyncio.Future[Verdict]]] = deque()
        self._changed = threading.Condition()
        self._threads = self._idle = 0
        self._stopped = False

    def begin(self, work: Work) -> asyncio.Future[Verdict] | None:
        """Have a guard run; None when too many wait already. Cancelling the future gives up what has not begun."""
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        with self._changed:
            if self._stopped or len(self._work) >= self._max_waiting:
                return None
            self._work.append((work, future))
            if self._idle < len(self._work) and self._threads < self._max_threads:
                self._threads += 1
                threading.Thread(target=self._run, name="guard", daemon=True).start()
            self._changed.notify()
        return future

    def stop(self) -> None:
        """Take no more work; those at work end when they are done."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def describe(self) -> dict[str, int]:
        return {"threads": self._threads, "waiting": len(self._work)}

    def _run(self) -> None:
        while True:
            with self._changed:
                self._idle += 1
                while not self._work and not self._stopped:
                    self._changed.wait()
                self._idle -= 1
                if not self._work:
                    return
                work, future = self._work.popleft()
            if not future.cancelled():
                _settle(work, future)


def _settle(work: Work, future: asyncio.Future[Verdict]) -> None:
    verdict: Verdict | None = None
    failure: BaseException | None = None
    try:
        verdict = work()
    except Exception as error:  # noqa: BLE001 - boundary: given on to whoever waits, who counts and logs it
        failure = error

    def tell() -> None:
        if future.done():
            return
        if failure is not None:
            future.set_exception(failure)
        elif verdict is not None:
            future.set_result(verdict)

    try:
        future.get_loop().call_soon_threadsafe(tell)
    except RuntimeError:
        return  # the process is ending: nobody waits any more

"""Background: work beside the requests (shadow copies, samples), bounded, owned, and ended with the gateway."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

log = logging.getLogger(__name__)

_MAX_TASKS: Final = 64


class Background:
    """At most max_tasks at once; what comes above that is not begun, and counted."""

    def __init__(self, max_tasks: int = _MAX_TASKS) -> None:
        self.skipped = 0
        self.failed = 0
        self._max_tasks = max_tasks
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def begin(self, work: Callable[[], Coroutine[Any, Any, Any]], name: str) -> bool:
        """Begin a piece of work. Returns: whether there was room for it."""
        if len(self._tasks) >= self._max_tasks:
            self.skipped += 1
            return False
        task = asyncio.create_task(work(), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._end)
        return True

    async def start(self) -> None:
        """Nothing to do: work begins when there is some."""

    async def stop(self) -> None:
        """Cancel what is still at work."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def describe(self) -> dict[str, Any]:
        """What /health tells of it."""
        return {"running": len(self._tasks), "skipped": self.skipped, "failed": self.failed}

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self.failed += 1
            log.warning("%s failed: %s", task.get_name(), error)

"""Group commit: requests of a short window share one insert, and each is acknowledged when it is stored."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

import msgspec

from lrcp.ingest.committer import Committer, Outcome
from lrcp.ingest.counters import Counters
from lrcp.ingest.duplicates import payload_number
from lrcp.model.batch import Batch
from lrcp.model.errors import BusyError, LrcpError, UnavailableError
from lrcp.store.telemetry.store import TelemetryStore

log = logging.getLogger(__name__)


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """max_pending_bytes: of payloads that wait or are being stored. window_s: how long a first request waits for others,
    but no longer than until worth_rows records wait: then decoding goes on beside storing. group_rows: the most records
    of one insert, give or take one request."""

    max_pending_bytes: int = 128 * 1024 * 1024
    window_s: float = 0.02
    worth_rows: int = 5_000
    group_rows: int = 20_000


_RECORD_BYTES = 64
"""Added to a payload's size for each record, so that many small records count too."""


_TIDY_EVERY_S = 1.0

_Waiting = tuple[Batch, asyncio.Future[None]]


class Pipeline:
    """The Consumer behind every receiver."""

    def __init__(self, store: TelemetryStore, committer: Committer, counters: Counters, limits: Limits) -> None:
        self._store = store
        self._committer = committer
        self._counters = counters
        self._limits = limits
        self._waiting: list[_Waiting] = []
        self._waiting_rows = 0
        self._next_tidy_s = 0.0
        self._pending: set[asyncio.Future[None]] = set()
        self._under_way: dict[int, asyncio.Future[None]] = {}
        self._pending_bytes = 0
        self._wake = asyncio.Event()
        self._worth = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def pending_bytes(self) -> int:
        """Bytes of the payloads that wait or are being stored."""
        return self._pending_bytes

    async def start(self) -> None:
        """Learn what the store already has, then take batches."""
        await self._store.on_writer(self._committer.recover)
        self._task = asyncio.create_task(self._run(), name="group-commit")

    async def stop(self) -> None:
        """Store what was accepted, then stop; later batches are refused."""
        if self._task is None:
            return
        task, self._task = self._task, None
        if self._pending:
            await asyncio.wait(set(self._pending))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await self._store.on_writer(self._committer.tidy)

    async def consume(self, batch: Batch) -> None:
        """Store a batch whole, once; see Consumer."""
        if self._task is None:
            raise UnavailableError("the server is starting or stopping")
        payload = payload_number(batch.digest) if batch.digest else 0
        if payload:
            if self._committer.window.is_stored(payload):
                self._counters.add("pipeline", "duplicate_payloads")
                return
            if (other := self._under_way.get(payload)) is not None:
                self._counters.add("pipeline", "duplicate_payloads")
                await asyncio.shield(other)
                return
        await self._enqueue(batch, payload)

    async def _enqueue(self, batch: Batch, payload: int) -> None:
        size = batch.size_bytes + _RECORD_BYTES * len(batch)
        if self._pending_bytes and self._pending_bytes + size > self._limits.max_pending_bytes:
            raise BusyError("the store is slower than the traffic; nothing of this request was kept", retry_after_s=1.0)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending_bytes += size
        if payload:
            self._under_way[payload] = done
        self._pending.add(done)
        done.add_done_callback(lambda future: self._settle(future, payload, size))
        self._waiting.append((batch, done))
        self._waiting_rows += len(batch)
        self._wake.set()
        if self._waiting_rows >= self._limits.worth_rows:
            self._worth.set()
        await asyncio.shield(done)

    def _settle(self, done: asyncio.Future[None], payload: int, size: int) -> None:
        self._pending.discard(done)
        self._pending_bytes -= size
        self._under_way.pop(payload, None)

    async def _run(self) -> None:
        while True:
            await self._wait_for_group()
            group = self._take_group()
            if group:
                outcomes = await self._commit([batch for batch, _ in group])
                for (_, done), outcome in zip(group, outcomes, strict=True):
                    _tell(done, outcome)
            await self._tidy_when_due()

    async def _wait_for_group(self) -> None:
        """Until something waits, then for the window or until a commit is worth it; returns early to let tidying happen."""
        if not self._waiting:
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _TIDY_EVERY_S)
        if self._waiting and self._waiting_rows < self._limits.worth_rows:
            self._worth.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._worth.wait(), self._limits.window_s)

    def _take_group(self) -> list[_Waiting]:
        """As many of the oldest batches as make a group."""
        rows, count = 0, 0
        for batch, _ in self._waiting:
            rows += len(batch)
            count += 1
            if rows >= self._limits.group_rows:
                break
        group, self._waiting = self._waiting[:count], self._waiting[count:]
        self._waiting_rows -= rows
        return group

    async def _commit(self, batches: Sequence[Batch]) -> Sequence[Outcome]:
        try:
            return await self._store.on_writer(lambda: self._committer.commit(batches))
        except Exception as error:  # boundary: the loop must live on; nothing of the group is acknowledged
            log.exception("storing a group of %d batches failed", len(batches))
            self._counters.add("pipeline", "unexpected")
            return [UnavailableError(f"storing failed ({type(error).__name__})")] * len(batches)

    async def _tidy_when_due(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_tidy_s:
            return
        self._next_tidy_s = now_s + _TIDY_EVERY_S
        try:
            await self._store.on_writer(self._committer.tidy)
        except LrcpError as error:
            self._counters.add("pipeline", "failed_tidy")
            log.warning("removing replaced rows failed, it will be tried again: %s", error)


def _tell(done: asyncio.Future[None], outcome: Outcome) -> None:
    if done.done():
        return
    if outcome is None:
        done.set_result(None)
    else:
        done.set_exception(outcome)
        done.exception()  # a client that went away leaves nobody to read it

"""From the aggregator to the Consumer, every second: what is due is collected, sent, and kept while it cannot be taken."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from lrcp.ingest.consumer import Consumer
from lrcp.ingest.counters import Counters
from lrcp.ingest.receivers.dogstatsd.aggregator import Aggregator
from lrcp.ingest.receivers.dogstatsd.outbox import Outbox
from lrcp.kit.clock import Clock
from lrcp.model.batch import Batch
from lrcp.model.errors import BusyError, InputError, LrcpError

log = logging.getLogger(__name__)

NAME: Final = "dogstatsd"
"""The receiver's name in the counters."""

_RETRY_S: Final = 1.0
_MAX_TRIES_AT_STOP: Final = 10
_STOP_S: Final = 30.0


class Delivery:
    """Two tasks: one collects every flush_s seconds, one sends. A batch leaves the outbox once the Consumer stored it."""

    def __init__(
        self,
        aggregator: Aggregator,
        outbox: Outbox,
        consumer: Consumer,
        counters: Counters,
        clock: Clock,
        *,
        flush_s: float,
    ) -> None:
        self._aggregator = aggregator
        self._outbox = outbox
        self._consumer = consumer
        self._counters = counters
        self._clock = clock
        self._flush_s = flush_s
        self._filled = asyncio.Event()
        self._stopping = asyncio.Event()
        self._collector: asyncio.Task[None] | None = None
        self._sender: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start both tasks; needs a running loop."""
        self._stopping.clear()
        self._collector = asyncio.create_task(self._collect_forever(), name="dogstatsd collect")
        self._sender = asyncio.create_task(self._send_until_stopped(), name="dogstatsd send")

    async def stop(self) -> None:
        """Collect all that is left, the open bucket included, and send it, within a bounded time and number of tries."""
        if self._collector is None or self._sender is None:
            return
        self._collector.cancel()
        self.collect(final=True)
        self._stopping.set()
        self._filled.set()
        done, _ = await asyncio.wait((self._sender,), timeout=_STOP_S)
        if not done:
            self._sender.cancel()
        await asyncio.gather(self._collector, self._sender, return_exceptions=True)
        self._collector = self._sender = None
        self._drop_rest()

    def collect(self, *, final: bool = False) -> None:
        """Move what is due to the outbox, and the tally to the counters."""
        lost = self._outbox.put(*self._aggregator.take(self._clock.now_ns(), final=final))
        if lost:
            self._count("dropped_records", lost)
            log.error("DogStatsD: %d records dropped: the store has taken nothing for too long", lost)
        tally = self._aggregator.take_tally()
        self._count("records", tally.records)
        self._count("rejected_records", tally.rejected)
        self._count("series_over", tally.series_over)
        if tally.rejected:
            log.warning("DogStatsD: %d lines refused; the first: %s", tally.rejected, tally.first_reason)
        self._filled.set()

    async def _collect_forever(self) -> None:
        while True:
            await asyncio.sleep(self._flush_s)
            self.collect()

    async def _send_until_stopped(self) -> None:
        tries = 0
        while not self._stopping.is_set() or (len(self._outbox) and tries < _MAX_TRIES_AT_STOP):
            await self._filled.wait()
            self._filled.clear()
            while len(self._outbox) and tries < _MAX_TRIES_AT_STOP:
                wait_s = await self._send_first()
                if wait_s:
                    tries += self._stopping.is_set()
                    await self._pause(wait_s)

    async def _pause(self, seconds: float) -> None:
        """Wait before the next try; a stop of the server ends the waiting, and the tries that follow wait less."""
        if self._stopping.is_set():
            await asyncio.sleep(min(seconds, _RETRY_S))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _send_first(self) -> float:
        """Try to hand on the oldest batch. Returns: seconds to wait before the next try, 0 when it was taken.

        A batch that was not taken goes to the end: the engine merges buckets in any order, and one that cannot be
        stored for a reason of its own does not hold up the others.
        """
        batch = self._outbox.pop()
        try:
            await self._consumer.consume(batch)
        except BusyError as error:
            return self._keep(batch, "busy", error.retry_after_s)
        except InputError as error:  # it would be refused again and again
            self._count("dropped_records", len(batch))
            log.error("DogStatsD: %d records dropped, they can never be stored: %s", len(batch), error)
        except LrcpError as error:
            log.warning("DogStatsD: the store cannot take a batch now: %s", error)
            return self._keep(batch, "unavailable", _RETRY_S)
        except Exception:  # boundary: this task must outlive a fault behind the port; kept and counted
            log.exception("DogStatsD: storing failed")
            return self._keep(batch, "unexpected", _RETRY_S)
        return 0.0

    def _keep(self, batch: Batch, what: str, wait_s: float) -> float:
        self._outbox.put_back(batch)
        self._count(what, 1)
        return wait_s

    def _drop_rest(self) -> None:
        lost = 0
        while len(self._outbox):
            lost += len(self._outbox.pop())
        if lost:
            self._count("dropped_records", lost)
            log.error("DogStatsD: %d records dropped: the server stopped before the store took them", lost)

    def _count(self, what: str, amount: int) -> None:
        if amount:
            self._counters.add(NAME, what, amount)

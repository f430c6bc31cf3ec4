"""The server's own counters as metrics in its own store: `lrcp.ingest.<what>`, tagged by receiver, and `lrcp.monitors.<what>`."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from lrcp.ingest.consumer import Consumer
from lrcp.ingest.counters import Counters
from lrcp.kit.clock import Clock
from lrcp.model.batch import Batch
from lrcp.model.errors import LrcpError
from lrcp.model.metric import BUCKET_S, MetricBucket, bucket_start_s

log = logging.getLogger(__name__)

Counts = dict[str, dict[str, int]]


MONITORS: Final = "monitors"
"""Among the counters, what the scheduler of the monitors counts; all others are receivers."""


def counter_metrics(before: Counts, now: Counts, now_ns: int) -> list[MetricBucket]:
    """What was counted between two snapshots, as count metrics of the bucket that holds now_ns."""
    found = []
    for name, counts in now.items():
        for what, total in counts.items():
            delta = float(total - before.get(name, {}).get(what, 0))
            if delta:
                found.append(_count(name, what, delta, now_ns))
    return found


def _count(name: str, what: str, delta: float, now_ns: int) -> MetricBucket:
    own = name == MONITORS
    return MetricBucket(
        f"lrcp.monitors.{what}" if own else f"lrcp.ingest.{what}",
        () if own else (f"receiver:{name}",),
        bucket_start_s(now_ns / 1_000_000_000),
        "count",
        count=1.0,
        sum=delta,
        min=delta,
        max=delta,
        last=delta,
        last_ns=now_ns,
        interval_s=BUCKET_S,
    )


class SelfMetrics:
    """Writes the counters every BUCKET_S; what could not be written is part of the next round.

    monitors: gives what the monitors' scheduler has counted so far, by name.
    """

    def __init__(
        self, counters: Counters, consumer: Consumer, clock: Clock, monitors: Callable[[], dict[str, int]] = dict
    ) -> None:
        self._counters = counters
        self._monitors = monitors
        self._consumer = consumer
        self._clock = clock
        self._written: Counts = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="self-metrics")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(BUCKET_S)
            await self.write()

    async def write(self) -> None:
        """Write what was counted since the last successful round."""
        now = self._counters.snapshot() | {MONITORS: self._monitors()}
        buckets = counter_metrics(self._written, now, self._clock.now_ns())
        try:
            if buckets:
                await self._consumer.consume(Batch(metrics=buckets, size_bytes=200 * len(buckets)))
            self._written = now
        except LrcpError as error:
            log.warning("the server's own metrics wait for the next round: %s", error)

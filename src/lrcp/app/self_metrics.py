"""The server's own counters as metrics in its own store: `lrcp.ingest.<what>`, tagged by receiver."""

import asyncio
import logging

from lrcp.ingest.consumer import Consumer
from lrcp.ingest.counters import Counters
from lrcp.kit.clock import Clock
from lrcp.model.batch import Batch
from lrcp.model.errors import LrcpError
from lrcp.model.metric import BUCKET_S, MetricBucket, bucket_start_s

log = logging.getLogger(__name__)

Counts = dict[str, dict[str, int]]


def counter_metrics(before: Counts, now: Counts, now_ns: int) -> list[MetricBucket]:
    """What was counted between two snapshots, as count metrics of the bucket that holds now_ns."""
    time_s = bucket_start_s(now_ns / 1_000_000_000)
    buckets = []
    for receiver, counts in now.items():
        for what, total in counts.items():
            delta = float(total - before.get(receiver, {}).get(what, 0))
            if delta:
                buckets.append(
                    MetricBucket(
                        f"lrcp.ingest.{what}",
                        (f"receiver:{receiver}",),
                        time_s,
                        "count",
                        count=1.0,
                        sum=delta,
                        min=delta,
                        max=delta,
                        last=delta,
                        last_ns=now_ns,
                        interval_s=BUCKET_S,
                    )
                )
    return buckets


class SelfMetrics:
    """Writes the counters every BUCKET_S; what could not be written is part of the next round."""

    def __init__(self, counters: Counters, consumer: Consumer, clock: Clock) -> None:
        self._counters = counters
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
        now = self._counters.snapshot()
        buckets = counter_metrics(self._written, now, self._clock.now_ns())
        try:
            if buckets:
                await self._consumer.consume(Batch(metrics=buckets, size_bytes=200 * len(buckets)))
            self._written = now
        except LrcpError as error:
            log.warning("the server's own metrics wait for the next round: %s", error)

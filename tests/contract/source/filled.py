"""Sources that hold the same points: in memory, and in a store that was written to as receivers do."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from lrcp.model.event import ServiceCheck
from lrcp.model.metric import MetricBucket, bucket_start_s
from lrcp.model.tags import normalize_tags
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan
from lrcp.store.telemetry import columns
from lrcp.store.telemetry.engine import Connect
from lrcp.store.telemetry.source.source import MAX_SERIES, TelemetrySource
from lrcp.store.telemetry.store import TelemetryStore

Answer = Callable[[Collection[Scan]], Mapping[Scan, Block]]
"""A filled source, asked."""

Fill = Callable[[Sequence[MemorySeries], Sequence[ServiceCheck]], Answer]


def fill_memory(series: Sequence[MemorySeries], checks: Sequence[ServiceCheck] = ()) -> Answer:
    source = MemorySource(series, checks=checks)
    return lambda scans: asyncio.run(source.fetch(scans))


class FilledStore:
    """One store, emptied before each case, on an event loop of its own."""

    def __init__(self, engine: Connect) -> None:
        self._loop = asyncio.new_event_loop()
        self.store = TelemetryStore(engine)

    def __enter__(self) -> "FilledStore":
        self.run(self.store.open(3650))
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.store.close())
        self._loop.close()

    def run(self, work: Awaitable[Any]) -> Any:
        async def finish() -> Any:
            return await work

        return self._loop.run_until_complete(finish())

    def fill(
        self, series: Sequence[MemorySeries], checks: Sequence[ServiceCheck] = (), max_series: int = MAX_SERIES
    ) -> Answer:
        self.run(self.store.on_writer(lambda: self._write(series, checks)))
        source = TelemetrySource(self.store, max_series)
        return lambda scans: self.run(source.fetch(scans))

    def _write(self, series: Sequence[MemorySeries], checks: Sequence[ServiceCheck]) -> None:
        for table in ("metrics", "checks"):
            self.store.command(f"TRUNCATE TABLE {table}")
        buckets = [bucket for one in series for bucket in buckets_of(one)]
        if buckets:
            self.store.insert("metric_buckets", columns.metric_table(buckets, [0] * len(buckets)))
        if checks:
            self.store.insert("checks", columns.check_table(checks, [0] * len(checks)))


def buckets_of(one: MemorySeries) -> Iterable[MetricBucket]:
    """What a receiver makes of the points of one series: plain loops, one bucket every ten seconds."""
    buckets: dict[int, MetricBucket] = {}
    weights = one.weights if one.weights is not None else [1] * len(one.times_s)
    for time_s, value, weight in zip(one.times_s, one.values, weights, strict=True):
        start = bucket_start_s(time_s)
        bucket = buckets.get(start)
        if bucket is None:
            bucket = buckets[start] = MetricBucket(
                one.metric, normalize_tags(one.tags), start, one.type, interval_s=one.interval_s, unit=one.unit
            )
            bucket.min, bucket.max, bucket.last_ns = float("inf"), float("-inf"), -(2**62)
            bucket.values, bucket.weights, bucket.members = [], [], []
        if one.type == "set":
            bucket.members.append(str(value))
            continue
        number = float(value)
        bucket.count += weight
        bucket.sum += number * weight
        bucket.min, bucket.max = min(bucket.min, number), max(bucket.max, number)
        if (round(time_s * 1e9), number) >= (bucket.last_ns, bucket.last):
            bucket.last_ns, bucket.last = round(time_s * 1e9), number
        if one.type == "distribution":
            bucket.values.append(number)
            bucket.weights.append(int(weight))
    return buckets.values()

"""A DogStatsD server on free sockets, with a consumer that keeps what it gets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lrcp.ingest.counters import Counters
from lrcp.ingest.receivers.dogstatsd.server import DogStatsdServer
from lrcp.kit.clock import SystemClock
from lrcp.model.event import Event, ServiceCheck
from lrcp.model.metric import MetricBucket
from tests.support.asgi import KeepingConsumer


class RunningServer:
    """A started server and what became of what it received."""

    def __init__(self, server: DogStatsdServer, consumer: KeepingConsumer, counters: Counters) -> None:
        self.server = server
        self.consumer = consumer
        self.counters = counters

    @property
    def buckets(self) -> list[MetricBucket]:
        return [bucket for batch in self.consumer.batches for bucket in batch.metrics]

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.consumer.batches for event in batch.events]

    @property
    def checks(self) -> list[ServiceCheck]:
        return [check for batch in self.consumer.batches for check in batch.checks]

    def of(self, metric: str) -> list[MetricBucket]:
        return [bucket for bucket in self.buckets if bucket.metric == metric]

    def counted(self, what: str) -> int:
        return self.counters.value("dogstatsd", what)


@asynccontextmanager
async def dogstatsd(
    *,
    port: int | None = None,
    socket_path: Path | None = None,
    stream_path: Path | None = None,
    consumer: Any = None,
    **options: Any,
) -> AsyncIterator[RunningServer]:
    """A server, stopped at the end of the block; look at what it kept after the block, when all is flushed."""
    kept, counters = consumer or KeepingConsumer(), Counters()
    server = DogStatsdServer(
        kept, counters, SystemClock(), port=port, socket_path=socket_path, stream_path=stream_path, **options
    )
    await server.start()
    try:
        yield RunningServer(server, kept, counters)
    finally:
        await server.stop()


async def until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait until something holds. Raises: TimeoutError."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in code that knows nothing of tests
            await asyncio.sleep(0.01)

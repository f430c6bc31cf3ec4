"""A real embedded store and pipeline for tests, and records to put in."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from lrcp.evaluators.cost import load_price_book
from lrcp.ingest.committer import Committer
from lrcp.ingest.counters import Counters
from lrcp.ingest.pipeline import Limits, Pipeline
from lrcp.kit.clock import SystemClock
from lrcp.model.span import Span
from lrcp.store.telemetry.engine import Connect, embedded_engine
from lrcp.store.telemetry.store import TelemetryStore


class Stack:
    """An open store with a running pipeline."""

    def __init__(self, store: TelemetryStore, pipeline: Pipeline, committer: Committer, counters: Counters) -> None:
        self.store, self.pipeline, self.committer, self.counters = store, pipeline, committer, counters

    async def rows(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in (await self.store.query(sql)).rows]


@asynccontextmanager
async def open_stack(engine: Path | Connect, limits: Limits | None = None) -> AsyncIterator[Stack]:
    """engine: a directory for the embedded one, or the way to another."""
    store = TelemetryStore(embedded_engine(engine) if isinstance(engine, Path) else engine)
    try:
        await store.open(retention_days=30)
        counters = Counters()
        committer = Committer(store, load_price_book(), SystemClock(), counters, retention_days=30)
        pipeline = Pipeline(store, committer, counters, limits or Limits())
        await pipeline.start()
        try:
            yield Stack(store, pipeline, committer, counters)
        finally:
            await pipeline.stop()
    finally:
        await store.close()


def with_stack(
    engine: Path | Connect, scenario: Callable[[Stack], Awaitable[None]], limits: Limits | None = None
) -> None:
    """Run a scenario against a store."""

    async def run() -> None:
        async with open_stack(engine, limits) as stack:
            await scenario(stack)

    asyncio.run(run())


def make_span(number: int = 1, *, start_ns: int | None = None, **fields: object) -> Span:
    start = time.time_ns() - 1_000_000_000 if start_ns is None else start_ns
    span = Span(f"{number:032x}", f"{number:016x}", "", start, 2_000_000, "operation", service="shop", tags={"k": "v"})
    for name, value in fields.items():
        setattr(span, name, value)
    return span

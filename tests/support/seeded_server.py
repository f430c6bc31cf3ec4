"""The API and the web app over a seeded store, for looking at: python -m tests.support.seeded_server [--port N] [--live]."""

import argparse
import asyncio
import contextlib
import random
import socket
import tempfile
import time
from pathlib import Path

import uvicorn

from lrcp.api.app import create_api
from lrcp.api.health import ComponentHealth
from lrcp.store.telemetry.columns import evaluation_table, span_table
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore
from tests.support.seeded_shop import large_trace, shop_evaluations, shop_spans, shop_trace

STATIC = Path(__file__).parents[2] / "src/lrcp/web/static"


async def seed_shop(store: TelemetryStore, traces: int, *, end_ns: int, over_s: float, large: int = 0) -> None:
    """Fill a store with the shop's traffic and, if asked, one large trace."""
    spans = list(shop_spans(traces, end_ns=end_ns, over_s=over_s))
    if large:
        spans += large_trace(large, start_ns=end_ns - 700_000_000_000)
    evaluations = list(shop_evaluations(spans))
    for first in range(0, len(spans), 50_000):
        rows = spans[first : first + 50_000]
        table = span_table(rows, [True] * len(rows), [0] * len(rows))
        await store.on_writer(lambda table=table: store.insert("spans", table))
    judged = evaluation_table(evaluations, [0] * len(evaluations))
    await store.on_writer(lambda: store.insert("evaluations", judged))


async def _live_traffic(store: TelemetryStore, per_s: float) -> None:
    rng = random.Random(1)
    while True:
        await asyncio.sleep(rng.expovariate(per_s))
        spans = shop_trace(rng, time.time_ns() - 3_000_000_000)
        table = span_table(spans, [True] * len(spans), [0] * len(spans))
        await store.on_writer(lambda table=table: store.insert("spans", table))


async def _store_health() -> ComponentHealth:
    return ComponentHealth("ok")


class _AnnouncingServer(uvicorn.Server):
    """Prints its address once it listens, so that a test can ask for any free port (port 0)."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}", flush=True)


async def serve(port: int, traces: int, large: int, live: bool) -> None:
    with tempfile.TemporaryDirectory() as directory:
        store = TelemetryStore(embedded_engine(Path(directory)))
        await store.open(retention_days=30)
        if traces:
            await seed_shop(store, traces, end_ns=time.time_ns(), over_s=6 * 3600, large=large)
        app = create_api(store, {"store": _store_health}, STATIC)
        server = _AnnouncingServer(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
        traffic = asyncio.create_task(_live_traffic(store, 2.0)) if live else None
        try:
            await server.serve()
        finally:
            if traffic:
                traffic.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await traffic
            await store.close()


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, default=8765)
    options.add_argument("--traces", type=int, default=6000)
    options.add_argument("--large", type=int, default=30_000, help="spans of one large trace; 0 for none")
    options.add_argument("--live", action="store_true")
    given = options.parse_args()
    asyncio.run(serve(given.port, given.traces, given.large, given.live))

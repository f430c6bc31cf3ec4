"""The OTLP receivers on real sockets, in a thread of their own, with a consumer that keeps what comes."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import ReceiverApp
from lrcp.ingest.receivers.otlp.grpc_server import OtlpGrpcServer
from lrcp.ingest.receivers.otlp.receiver import receiver
from lrcp.ingest.receivers.otlp.signals import otlp_signals
from lrcp.kit.clock import SystemClock
from lrcp.model.batch import Batch


class Collector:
    """A consumer that keeps every batch; the next calls fail with the errors in `failures`, first to last."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.failures: list[Exception] = []

    async def consume(self, batch: Batch) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(batch)


class Servers:
    """Both receivers, serving. http_port and grpc_port are free ports that were taken."""

    def __init__(self) -> None:
        self.collector = Collector()
        self.counters = Counters()
        self.http_port = self.grpc_port = 0

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def grpc_address(self) -> str:
        return f"127.0.0.1:{self.grpc_port}"

    async def run(self, ready: threading.Event, done: asyncio.Event) -> None:
        clock = SystemClock()
        signals = otlp_signals(clock.now_ns())
        app = ReceiverApp(receiver(signals), self.collector, self.counters, clock)
        web = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="error"))
        listening = socket.create_server(("127.0.0.1", 0))
        self.http_port = listening.getsockname()[1]
        rpc = OtlpGrpcServer(signals, self.collector, self.counters, clock, port=0)
        self.grpc_port = await rpc.start()
        serving = asyncio.create_task(web.serve(sockets=[listening]))
        ready.set()
        await done.wait()
        web.should_exit = True
        await serving
        await rpc.stop(0.1)


@contextmanager
def serving() -> Iterator[Servers]:
    servers, ready = Servers(), threading.Event()
    loop, done = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(servers.run(ready, done),), daemon=True)
    thread.start()
    assert ready.wait(20), "the receivers did not start"
    try:
        yield servers
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(20)
        loop.close()

"""What one core can do at most: decoding without storing, and storing without decoding, on the benchmark's payloads."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.payloads import Template
from lrcp.ingest.http import Decoder, Request
from lrcp.ingest.receivers import datadog_agent
from lrcp.ingest.receivers.otlp.receiver import receiver as otlp_receiver
from lrcp.ingest.receivers.otlp.signals import otlp_signals
from lrcp.model.batch import Batch
from lrcp.store.telemetry.columns import span_table
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore

_SECONDS = 2.0


def _decoder(name: str) -> tuple[Decoder, str, str]:
    if name == "ddtrace":
        receiver = datadog_agent.receiver(version="0", env="", port=0, dogstatsd_port=0)
        return receiver.routes["/v0.4/traces"].decode, "/v0.4/traces", "application/msgpack"
    return otlp_receiver(otlp_signals(0)).routes["/v1/traces"].decode, "/v1/traces", "application/x-protobuf"


def _decode(name: str, body: bytes) -> Batch:
    decode, path, content_type = _decoder(name)
    request = Request("POST", path, b"", {b"content-type": content_type.encode()}, body, time.time_ns())
    batch = decode(request).batch
    assert batch is not None
    return batch


def _per_second(work: Callable[[], int]) -> float:
    work()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        done += work()
    return done / (time.perf_counter() - began)


def decode_limit(name: str, template: Template) -> float:
    """Spans a second that one core turns from bytes into records."""
    body = template.stamp(np.random.default_rng(1))
    return _per_second(lambda: len(_decode(name, body)))


def store_limit(name: str, template: Template) -> float:
    """Spans a second that the engine takes in inserts of ten payloads, records to rows included."""
    spans = [s for n in range(10) for s in _decode(name, template.stamp(np.random.default_rng(n))).spans]
    directory = Path(tempfile.mkdtemp(prefix="lrcp-limit-"))

    def insert(store: TelemetryStore) -> int:
        store.insert("spans", span_table(spans, [True] * len(spans), [1] * len(spans)))
        return len(spans)

    async def measure() -> float:
        store = TelemetryStore(embedded_engine(directory))
        await store.open(retention_days=30)
        try:
            return await store.on_writer(lambda: _per_second(lambda: insert(store)))
        finally:
            await store.close()

    try:
        return asyncio.run(measure())
    finally:
        shutil.rmtree(directory, ignore_errors=True)

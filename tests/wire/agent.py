"""The agent receiver, asked directly: bytes in, records out."""

from pathlib import Path

import msgspec

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import Decoded, ReceiverApp, Request
from lrcp.ingest.receivers.datadog_agent import receiver
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from lrcp.model.span import Span
from tests.support.asgi import KeepingConsumer

NOW_NS = 1_800_000_000_000_000_000
AGENT = receiver(version="0.1.0", env="test", port=8126, dogstatsd_port=8125, max_body_bytes=1_000_000)
MSGPACK = {"content-type": "application/msgpack"}
JSON = {"content-type": "application/json"}
PROXIED = {"content-type": "application/json", "x-datadog-evp-subdomain": "llmobs-intake"}


def recording(name: str) -> bytes:
    """A body that a real ddtrace sent (see record/recorder.py), by its path below tests/wire."""
    return (Path(__file__).parent / name).read_bytes()


def decode(path: str, body: bytes, headers: dict[str, str] | None = None) -> Decoded:
    """Decode one body as the receiver does. Raises: InputError."""
    named = {key.encode(): value.encode() for key, value in (headers or MSGPACK).items()}
    app = ReceiverApp(AGENT, KeepingConsumer(), Counters(), FakeClock())
    route = app.find_route(path)
    assert route is not None, path
    return route.decode(Request("POST", path, b"", named, body, NOW_NS))


def batch_of(path: str, body: bytes, headers: dict[str, str] | None = None) -> Batch:
    """The records of one body."""
    batch = decode(path, body, headers).batch
    assert batch is not None
    return batch


def spans_of(path: str, body: bytes, headers: dict[str, str] | None = None) -> list[Span]:
    """The spans of one body."""
    return batch_of(path, body, headers).spans


def pack(*chunks: object) -> bytes:
    """Chunks of spans as MessagePack."""
    return msgspec.msgpack.encode(list(chunks))


def wire_span(**changes: object) -> dict[str, object]:
    """A small good span as v0.4 has it, with changes."""
    return {
        "service": "shop",
        "name": "web.request",
        "resource": "GET /",
        "trace_id": 0x1234,
        "span_id": 0xABCD,
        "parent_id": 0,
        "start": 1_799_999_999_000_000_000,
        "duration": 1_000_000,
        "error": 0,
        "meta": {"env": "test"},
        "metrics": {"http.status_code": 200.0},
        "type": "web",
        **changes,
    }

"""Ask the Datadog intakes without a network, at a moment that never passes."""

from typing import Any

import msgspec

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import Decoded, Receiver, ReceiverApp, Request
from lrcp.ingest.receivers.datadog_intake import render_error, routes
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from tests.support.asgi import Answer, KeepingConsumer, ask

NOW_S = 1_700_000_000
NS = 1_000_000_000


def as_body(value: Any) -> bytes:
    return value if isinstance(value, bytes) else msgspec.json.encode(value)


def decode(path: str, value: Any, *, query: bytes = b"", content_type: bytes = b"application/json") -> Decoded:
    """What a body becomes. Raises: InputError - as the decoder says."""
    request = Request("POST", path, query, {b"content-type": content_type}, as_body(value), NOW_S * NS)
    return routes()[path].decode(request)


def batch_of(path: str, value: Any, **options: Any) -> Batch:
    batch = decode(path, value, **options).batch
    assert batch is not None
    return batch


class Intake:
    """The whole receiver: an application, what it stored, what it counted."""

    def __init__(self) -> None:
        self.consumer = KeepingConsumer()
        self.counters = Counters()
        receiver = Receiver("datadog_intake", routes(), render_error)
        self.app = ReceiverApp(receiver, self.consumer, self.counters, FakeClock(NOW_S))

    def post(self, path: str, value: Any, **headers: str) -> Answer:
        named = {"content-type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return ask(self.app, path, as_body(value), headers=named)

    def counted(self, what: str) -> int:
        return self.counters.value("datadog_intake", what)

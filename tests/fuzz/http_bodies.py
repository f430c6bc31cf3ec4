"""Fuzz of any HTTP receiver, in process: mutated bodies in, no 5xx and no crash out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import msgspec

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import Receiver, ReceiverApp
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from tests.fuzz.mutation import mutated, mutated_value


@dataclass(frozen=True)
class Seed:
    """A good request to start from."""

    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    query: bytes = b""


@dataclass
class Findings:
    """Replies by status; failures: requests that were answered 5xx, crashed, or hit a decoder's unforeseen error."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class _Discard:
    """A consumer that looks at the batches and keeps none."""

    async def consume(self, batch: Batch) -> None:
        assert len(batch) > 0
        assert batch.digest == b"" or len(batch.digest) == 16


async def fuzz_receiver(
    receiver: Receiver, seeds: Sequence[Seed], count: int, *, seed: int = 0, now_s: float = 1_700_000_000.0
) -> Findings:
    """Send mutated bodies (and now and then a mutated query) to a receiver. now_s: the time that its clock shows."""
    random, probe = Random(seed), _Probe(receiver, now_s)
    bodies, values = [one.body for one in seeds], [_json_value(one.body) for one in seeds]
    for number in range(count):
        start = seeds[number % len(seeds)]
        body = _mutated_body(start, values[number % len(seeds)], bodies, random)
        query = mutated(start.query, [start.query], random) if random.random() < 0.1 else start.query
        await probe.send(replace(start, body=body, query=query))
    return probe.findings


async def send_once(receiver: Receiver, seed: Seed, value: Any, *, now_s: float) -> Findings:
    """Send one JSON value in place of the seed's body."""
    probe = _Probe(receiver, now_s)
    await probe.send(replace(seed, body=msgspec.json.encode(value)))
    return probe.findings


class _Probe:
    """A receiver in process, and what became of what was sent to it."""

    def __init__(self, receiver: Receiver, now_s: float) -> None:
        self._name = receiver.name
        self._counters = Counters()
        self._app = ReceiverApp(receiver, _Discard(), self._counters, FakeClock(now_s))
        self.findings = Findings()

    async def send(self, request: Seed) -> None:
        unforeseen = self._counters.value(self._name, "unexpected")
        status, error = await _ask(self._app, request)
        self.findings.statuses[status] += 1
        if status >= 500 or self._counters.value(self._name, "unexpected") > unforeseen:
            self.findings.failures.append(f"{status} {error} {request}"[:5000])


def _json_value(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _mutated_body(seed: Seed, value: Any, bodies: Sequence[bytes], random: Random) -> bytes:
    """Of JSON bodies, half are changed as values, so that they still are JSON and get past the parser."""
    if value is None or random.random() < 0.5:
        return mutated(seed.body, bodies, random)
    for _ in range(random.randint(1, 3)):
        value = mutated_value(value, random)
    return msgspec.json.encode(value)


async def _ask(app: ReceiverApp, seed: Seed) -> tuple[int, str]:
    """Returns: the reply's status, 599 for a crash, and what crashed."""
    headers = [(name.lower().encode(), value.encode()) for name, value in seed.headers.items()]
    scope = {"type": "http", "method": seed.method, "path": seed.path, "query_string": seed.query, "headers": headers}
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": seed.body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        await app(scope, receive, send)
    except Exception as error:  # the finding that this module is for
        return 599, repr(error)
    return statuses[0], ""

"""Fuzz of any HTTP receiver, in process: mutated bodies in, no 5xx and no crash out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from lrcp.ingest.counters import Counters
from lrcp.ingest.http import Receiver, ReceiverApp
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from tests.fuzz.mutation import mutated


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
    counters, random, findings = Counters(), Random(seed), Findings()
    app = ReceiverApp(receiver, _Discard(), counters, FakeClock(now_s))
    bodies = [one.body for one in seeds]
    for number in range(count):
        start = seeds[number % len(seeds)]
        body = mutated(start.body, bodies, random)
        query = mutated(start.query, [start.query], random) if random.random() < 0.1 else start.query
        unforeseen = counters.value(receiver.name, "unexpected")
        status, error = await _ask(app, start, body, query)
        findings.statuses[status] += 1
        if status >= 500 or counters.value(receiver.name, "unexpected") > unforeseen:
            findings.failures.append(
                f"{status} {start.path} {start.headers} query {query!r} body {body[:2000]!r} {error}"
            )
    return findings


async def _ask(app: ReceiverApp, seed: Seed, body: bytes, query: bytes) -> tuple[int, str]:
    """Returns: the reply's status, 599 for a crash, and what crashed."""
    headers = [(name.lower().encode(), value.encode()) for name, value in seed.headers.items()]
    scope = {"type": "http", "method": seed.method, "path": seed.path, "query_string": query, "headers": headers}
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    try:
        await app(scope, receive, send)
    except Exception as error:  # the finding that this module is for
        return 599, repr(error)
    return statuses[0], ""

"""Fuzz of any HTTP receiver, in process: mutated bodies in, no 5xx and no crash out, and what comes out can be stored."""

import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import msgspec

from lrcp.evaluators.cost import load_price_book
from lrcp.ingest.counters import Counters
from lrcp.ingest.http import Receiver, ReceiverApp
from lrcp.ingest.processors.price import price_spans
from lrcp.ingest.processors.times import mend_times
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from lrcp.store.telemetry import columns
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


_PRICES = load_price_book()


class _Storing:
    """A consumer that does with a batch what is done before the engine gets it, and keeps nothing."""

    def __init__(self, now_s: float) -> None:
        self._now_ns = int(now_s * 1e9)

    async def consume(self, batch: Batch) -> None:
        assert len(batch) > 0
        assert batch.digest == b"" or len(batch.digest) == 16
        mend_times(batch, self._now_ns, 30)
        price_spans(batch.spans, _PRICES)
        columns.span_table(batch.spans, [True] * len(batch.spans), [0] * len(batch.spans))
        for tabulate, records in (
            (columns.evaluation_table, batch.evaluations),
            (columns.metric_table, batch.metrics),
            (columns.log_table, batch.logs),
            (columns.event_table, batch.events),
            (columns.check_table, batch.checks),
        ):
            if records:
                tabulate(records, [0] * len(records))


async def fuzz_receiver(
    receiver: Receiver, seeds: Sequence[Seed], count: int, *, seed: int = 0, now_s: float = 1_700_000_000.0
) -> Findings:
    """Send mutated bodies (and now and then a mutated query) to a receiver. now_s: the time that its clock shows."""
    random, probe = Random(seed), _Probe(receiver, now_s)
    bodies, forms = [one.body for one in seeds], [_find_form(one) for one in seeds]
    for number in range(count):
        start = seeds[number % len(seeds)]
        body = _mutated_body(start, forms[number % len(seeds)], bodies, random)
        query = mutated(start.query, [start.query], random) if random.random() < 0.1 else start.query
        await probe.send(replace(start, body=body, query=query))
    return probe.findings


def with_every_path(receiver: Receiver, seeds: Sequence[Seed]) -> list[Seed]:
    """The seeds, and one for each path that has none: that of the path it ends in, else an empty JSON object."""
    patterns = {pattern for pattern in receiver.routes for seed in seeds if _matches(pattern, seed.path)}
    more = []
    for pattern, route in receiver.routes.items():
        if pattern not in patterns:
            path = pattern.replace("*", "x")
            like = next((seed for seed in seeds if path.endswith(seed.path)), Seed(path, b"{}"))
            headers = {"x-datadog-evp-subdomain": "x", **like.headers}
            more.append(replace(like, path=path, headers=headers, method=sorted(route.methods)[-1]))
    return [*seeds, *more]


def _matches(pattern: str, path: str) -> bool:
    return path.startswith(pattern[:-1]) if pattern.endswith("*") else path == pattern


async def send_seeds(receiver: Receiver, seeds: Sequence[Seed], *, now_s: float) -> Findings:
    """Send good requests as they are."""
    probe = _Probe(receiver, now_s)
    for seed in seeds:
        await probe.send(seed)
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
        self._app = ReceiverApp(receiver, _Storing(now_s), self._counters, FakeClock(now_s))
        self.findings = Findings()

    async def send(self, request: Seed) -> None:
        unforeseen = self._counters.value(self._name, "unexpected")
        status, error = await _ask(self._app, request)
        self.findings.statuses[status] += 1
        if status >= 500 or self._counters.value(self._name, "unexpected") > unforeseen:
            self.findings.failures.append(f"{status} {error} {request}"[:5000])


@dataclass(frozen=True)
class _Form:
    """How a seed's body is written: the value it holds (None: no JSON or MessagePack), and the way back to bytes."""

    plain: bytes
    value: Any
    encode: Callable[[Any], bytes]
    compress: Callable[[bytes], bytes]


def _find_form(seed: Seed) -> _Form:
    encoding = seed.headers.get("content-encoding", "")
    decompress, compress = _ENCODINGS.get(encoding, (bytes, bytes))
    plain = decompress(seed.body)
    codec = msgspec.msgpack if "msgpack" in seed.headers.get("content-type", "") else msgspec.json
    try:
        value = codec.decode(plain)
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = None
    return _Form(plain, value, codec.encode, compress)


_ENCODINGS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "gzip": (gzip.decompress, lambda data: gzip.compress(data, 1, mtime=0)),
    "deflate": (zlib.decompress, zlib.compress),
}


def _mutated_body(seed: Seed, form: _Form, bodies: Sequence[bytes], random: Random) -> bytes:
    """Bytes as sent, bytes before compression, or values: these still are JSON or MessagePack and get past the parser."""
    choice = random.random()
    if choice < 0.3:
        return mutated(seed.body, bodies, random)
    if form.value is None or choice < 0.5:
        return form.compress(mutated(form.plain, bodies, random))
    value = form.value
    for _ in range(random.randint(1, 3)):
        value = mutated_value(value, random)
    try:
        return form.compress(form.encode(value))
    except (OverflowError, TypeError, ValueError):  # MessagePack has no numbers over 64 bits
        return mutated(seed.body, bodies, random)


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

"""Faults of transport: answers that break off, or whose JSON does."""

from collections.abc import AsyncGenerator, Iterator
from typing import Final

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import AttemptHandler, Reply, Stream
from lrcp.gateway.faults.injection import Injection
from lrcp.gateway.routing.choice import hash_ratio
from lrcp.gateway.translation import DerivedStream
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.transcript import Transcript

_SHORTEST: Final = 0.1
_LONGEST: Final = 0.9


async def inject_cut_stream(injection: Injection, proceed: AttemptHandler) -> Reply:
    """The connection ends after so many pieces of the answer, or in the middle of a whole one."""
    reply = await proceed(injection.exchange, injection.attempt)
    if reply.stream is None:
        if reply.status >= 300:
            return reply
        raise _cut(injection)
    reply.stream = DerivedStream(_end_early(injection, reply.stream), reply.stream)
    return reply


async def inject_truncated_json(injection: Injection, proceed: AttemptHandler) -> Reply:
    """A whole body without its end; of a stream, an event without its end, and nothing after it."""
    reply = await proceed(injection.exchange, injection.attempt)
    if reply.stream is not None:
        reply.stream = DerivedStream(_end_within(injection, reply.stream), reply.stream)
    elif reply.status < 300:
        reply.body = truncate(reply.body, injection.key)
    return reply


def truncate(body: bytes, key: str) -> bytes:
    """The beginning of a body: a tenth to nine tenths, never all of it."""
    share = _SHORTEST + (_LONGEST - _SHORTEST) * hash_ratio(key)
    return body[: min(int(len(body) * share), max(0, len(body) - 1))]


class _Passage:
    """Cuts a stream into events, and says which is the one that does not come through: the answer's end never does."""

    def __init__(self, injection: Injection) -> None:
        self._format = injection.exchange.format
        self._most = injection.fault.after_tokens
        self._splitter = EventSplitter(injection.around.limits.max_event_bytes)
        self._transcript = Transcript(0)
        self._passed = 0

    def feed(self, piece: bytes) -> Iterator[tuple[bytes, bool]]:
        for event in self._splitter.feed(piece):
            self._format.read_event(self._transcript, event)
            self._passed += self._transcript.started
            yield event, self._passed > self._most or self._transcript.complete


async def _end_early(injection: Injection, source: Stream) -> AsyncGenerator[bytes, None]:
    passage = _Passage(injection)
    async for piece in source:
        for event, last in passage.feed(piece):
            if last:
                raise _cut(injection)
            yield event
    raise _cut(injection)


async def _end_within(injection: Injection, source: Stream) -> AsyncGenerator[bytes, None]:
    passage = _Passage(injection)
    async for piece in source:
        for event, last in passage.feed(piece):
            if last:
                yield truncate(event, injection.key)
                return
            yield event


def _cut(injection: Injection) -> UpstreamError:
    upstream = injection.attempt.target.upstream
    message = f"provider '{upstream.name}' at {upstream.base_url} broke off in the middle of its answer"
    return UpstreamError(message, code="upstream_cut")

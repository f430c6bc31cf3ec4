"""Faults of time: answers that begin late, or come drop by drop, or never."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from lrcp.gateway.exchange import AttemptHandler, Reply, Stream
from lrcp.gateway.faults.injection import Injection
from lrcp.gateway.pacing import hold, pause
from lrcp.gateway.translation import DerivedStream
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.transcript import Transcript

_S_PER_MS: Final = 0.001


async def inject_latency(injection: Injection, proceed: AttemptHandler) -> Reply:
    """The call begins late; what was waited is taken from the time that the answer may take."""
    attempt, timeouts = injection.attempt, injection.timeouts
    seconds = injection.fault.latency_ms * _S_PER_MS
    await hold(attempt, seconds, timeouts)
    left = msgspec.structs.replace(timeouts, whole_s=timeouts.whole_s - seconds)
    if not injection.exchange.call.streams:  # of a stream's first token the time runs from the try's beginning
        left = msgspec.structs.replace(left, first_byte_s=timeouts.first_byte_s - seconds)
    attempt.timeouts = left
    return await proceed(injection.exchange, attempt)


async def inject_timeout(injection: Injection, proceed: AttemptHandler) -> Reply:
    """Nobody answers until the time for it is over."""
    await hold(injection.attempt, float("inf"), injection.timeouts)
    return await proceed(injection.exchange, injection.attempt)


async def inject_slow_tokens(injection: Injection, proceed: AttemptHandler) -> Reply:
    """A wait before each event of a stream after its first token; of a whole answer, the sum of them."""
    started_s = asyncio.get_running_loop().time()
    reply = await proceed(injection.exchange, injection.attempt)
    if reply.stream is None:
        if reply.status < 300:
            await hold(injection.attempt, _generating_s(injection, reply), injection.timeouts)
        return reply
    ends_s = started_s + injection.timeouts.whole_s
    reply.stream = DerivedStream(_drip(injection, reply.stream, ends_s), reply.stream)
    return reply


def _generating_s(injection: Injection, reply: Reply) -> float:
    """How long a whole answer takes at this pace, by the tokens that its provider counted or that it seems to have."""
    transcript = Transcript(0)
    injection.exchange.format.read_body(transcript, reply.body)
    counted = transcript.usage.output_tokens if transcript.usage is not None else None
    tokens = transcript.output_tokens() if counted is None else counted
    return tokens * injection.fault.latency_ms * _S_PER_MS


async def _drip(injection: Injection, source: Stream, ends_s: float) -> AsyncGenerator[bytes, None]:
    splitter = EventSplitter(injection.around.limits.max_event_bytes)
    transcript, seconds = Transcript(0), injection.fault.latency_ms * _S_PER_MS
    async for piece in source:
        for event in splitter.feed(piece):
            if transcript.started and not transcript.complete:
                await pause(injection.attempt, seconds, injection.timeouts, ends_s)
            injection.exchange.format.read_event(transcript, event)
            yield event
    if rest := splitter.take_rest():
        yield rest

"""Meter: one span for each request, with its tokens, cost and times, whatever becomes of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from time import perf_counter_ns

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.config import Limits
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Exchange, Handler, Reply, Stage
from lrcp.gateway.measurement import Measurement, reply_headers
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.model.errors import LrcpError
from lrcp.model.span import Span


def make_meter_stage(book: PriceBook, limits: Limits, emit: Callable[[Span], None]) -> Stage:
    """The stage that prices by a book and hands each finished span to emit, which must not block."""

    async def meter(exchange: Exchange, proceed: Handler) -> Reply:
        measurement = Measurement(exchange, book, limits.max_capture_bytes)
        try:
            reply = await proceed(exchange)
        except (LrcpError, asyncio.CancelledError) as error:
            emit(measurement.fail(error))
            raise
        if reply.stream is None:
            return await _measure_whole(measurement, reply, emit)
        reply.stream = _measure_stream(measurement, reply.stream, EventSplitter(limits.max_event_bytes), emit)
        reply.headers += reply_headers(exchange)
        return reply

    return meter


async def _measure_whole(measurement: Measurement, reply: Reply, emit: Callable[[Span], None]) -> Reply:
    measurement.add_reply(reply)
    await measurement.prepare_price()
    reply.headers += reply_headers(measurement.exchange, measurement.price())
    # The span is built once the reply is on its way: the client waits for its answer, not for our notes.
    asyncio.get_running_loop().call_soon(lambda: emit(measurement.finish()))
    return reply


async def _measure_stream(
    measurement: Measurement,
    stream: AsyncGenerator[bytes, None],
    splitter: EventSplitter,
    emit: Callable[[Span], None],
) -> AsyncGenerator[bytes, None]:
    """The same bytes, looked at as they pass; less the usage chunk that the client did not ask for."""
    span: Span | None = None
    try:
        async for chunk in stream:
            passed = _look_at(measurement, splitter, chunk)
            if passed:
                yield passed
        rest = _look_at_rest(measurement, splitter)
        if rest:
            yield rest
        _require_end(measurement)
        await measurement.prepare_price()
        span = measurement.finish()
    except (LrcpError, asyncio.CancelledError, GeneratorExit) as error:
        span = measurement.fail(error)
        raise
    finally:
        if span is not None:
            emit(span)
        await stream.aclose()


def _look_at(measurement: Measurement, splitter: EventSplitter, chunk: bytes) -> bytes:
    """What of a chunk goes on to the client, now."""
    received_tick, events = perf_counter_ns(), splitter.feed(chunk)
    hidden = [measurement.add_event(event, received_tick) for event in events]
    if not measurement.exchange.hidden_usage:
        return chunk
    return b"".join(event for event, hide in zip(events, hidden, strict=True) if not hide)


def _look_at_rest(measurement: Measurement, splitter: EventSplitter) -> bytes:
    """The last event, where a provider leaves out the blank line after it."""
    rest = splitter.take_rest()
    if not rest:
        return b""
    hide = measurement.add_event(rest, perf_counter_ns())
    return b"" if hide or not measurement.exchange.hidden_usage else rest


def _require_end(measurement: Measurement) -> None:
    if not measurement.transcript.complete:
        raise UpstreamError("the provider's stream ended before its answer was complete", code="upstream_cut")

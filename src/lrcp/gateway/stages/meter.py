"""Meter: one span for each request and one for each try, with tokens, cost and times, whatever becomes of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from time import perf_counter_ns

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.config import Limits
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Exchange, Handler, Reply, Stage, Stream
from lrcp.gateway.measurement import Measurement, attempt_spans, reply_headers
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.model.span import Span

Emit = Callable[[Span], None]


class Ending:
    """The end of an exchange: told once, to telemetry and to whoever reserved something for it."""

    __slots__ = ("_emit", "_measurement", "_told")

    def __init__(self, measurement: Measurement, emit: Emit) -> None:
        self._measurement = measurement
        self._emit = emit
        self._told = False

    def tell(self, error: BaseException | None = None) -> None:
        """Tell it, if it is not told yet; error: what ended the exchange, None when it ended well."""
        if self._told:
            return
        self._told = True
        if error is not None:
            self._measurement.fail(error)
        exchange = self._measurement.exchange
        span, outcome = self._measurement.finish()
        # Let go of them: they hold the exchange, and a ring with a large body in it waits long for the collector.
        asked, exchange.on_done = exchange.on_done, []
        for done in asked:
            done(outcome)
        self._emit(span)
        for attempt in attempt_spans(exchange):
            self._emit(attempt)

    def tell_closed(self) -> None:
        """The reply was closed; if its end is not told yet, nobody read it to its end."""
        self.tell(GeneratorExit())


def make_meter_stage(book: PriceBook, limits: Limits, emit: Emit) -> Stage:
    """The stage that prices by a book and hands each finished span to emit, which must not block."""

    async def meter(exchange: Exchange, proceed: Handler) -> Reply:
        measurement = Measurement(exchange, book, limits.max_capture_bytes)
        ending = Ending(measurement, emit)
        try:
            reply = await proceed(exchange)
        except BaseException as error:
            ending.tell(error)
            raise
        if reply.stream is None:
            return await _measure_whole(measurement, reply, ending)
        pieces = _measure_stream(measurement, reply.stream, EventSplitter(limits.max_event_bytes), ending)
        reply.stream = Stream(pieces, ending.tell_closed)
        reply.headers += reply_headers(exchange)
        measurement.note_overhead()
        return reply

    return meter


async def _measure_whole(measurement: Measurement, reply: Reply, ending: Ending) -> Reply:
    try:
        measurement.add_reply(reply)
        await measurement.prepare_price()
        reply.headers += reply_headers(measurement.exchange, measurement.price())
        measurement.note_overhead()
    except BaseException as error:
        ending.tell(error)
        raise
    # The span is built once the reply is on its way: the client waits for its answer, not for our notes.
    asyncio.get_running_loop().call_soon(ending.tell)
    return reply


async def _measure_stream(
    measurement: Measurement, stream: Stream, splitter: EventSplitter, ending: Ending
) -> AsyncGenerator[bytes, None]:
    """The same bytes, looked at as they pass; less the usage event that the client did not ask for."""
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
        ending.tell()
    except BaseException as error:
        ending.tell(error)
        raise
    finally:
        await stream.aclose()


def _look_at(measurement: Measurement, splitter: EventSplitter, chunk: bytes) -> bytes:
    """What of a chunk goes on to the client, now."""
    received_tick, events = perf_counter_ns(), splitter.feed(chunk)
    hidden = [measurement.add_event(event, received_tick) for event in events]
    if measurement.exchange.call.asks_usage:
        return chunk
    return b"".join(event for event, hide in zip(events, hidden, strict=True) if not hide)


def _look_at_rest(measurement: Measurement, splitter: EventSplitter) -> bytes:
    """The last event, where a provider leaves out the blank line after it."""
    rest = splitter.take_rest()
    if not rest:
        return b""
    hide = measurement.add_event(rest, perf_counter_ns())
    return b"" if hide or measurement.exchange.call.asks_usage else rest


def _require_end(measurement: Measurement) -> None:
    if not measurement.transcript.complete:
        raise UpstreamError("the provider's stream ended before its answer was complete", code="upstream_cut")

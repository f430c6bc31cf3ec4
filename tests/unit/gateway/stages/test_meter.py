"""The meter's span: the gateway's own time is on it, and nothing that an application says stands for the gateway's deeds."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from time import perf_counter_ns

import pytest

from lrcp.evaluators.cost import load_price_book
from lrcp.gateway.config import Limits
from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Handler, Reply, Stream
from lrcp.gateway.stages.meter import make_meter_stage
from lrcp.model.span import Span
from tests.support.exchanges import new_exchange

ANSWER = json.dumps(
    {
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
    }
).encode()
UPSTREAM_NS = 10**12
STREAM_S = 0.05


def asked(tags: str = "team:north") -> Exchange:
    return replace(new_exchange(headers={"x-lrcp-tags": tags}), started_tick=perf_counter_ns())


async def metered(exchange: Exchange, handler: Handler) -> Span:
    """The span of an exchange whose reply is read to its end."""
    spans: list[Span] = []
    try:
        reply = await make_meter_stage(load_price_book(), Limits(), spans.append)(exchange, handler)
        if reply.stream is not None:
            async for _ in reply.stream:
                pass
    except RefusedError:
        pass
    await asyncio.sleep(0)  # a whole reply is told once it is on its way
    (span,) = spans
    return span


def overhead_ns(span: Span) -> int:
    return int(span.tags["gateway.overhead_ns"])


def test_the_gateways_own_time_is_what_was_not_spent_waiting_for_a_provider() -> None:
    async def answer(exchange: Exchange) -> Reply:
        exchange.started_tick -= 2 * UPSTREAM_NS
        exchange.upstream_ns = UPSTREAM_NS
        return Reply(200, body=ANSWER)

    span = asyncio.run(metered(asked(), answer))
    assert UPSTREAM_NS <= overhead_ns(span) <= span.duration_ns - UPSTREAM_NS


def test_of_a_stream_the_time_after_its_beginning_is_not_the_gateways() -> None:
    async def pieces() -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(STREAM_S)
        yield b'data: {"choices":[{"index":0,"delta":{"content":"Yes."},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'

    async def answer(exchange: Exchange) -> Reply:
        return Reply(200, stream=Stream(pieces()))

    span = asyncio.run(metered(asked(), answer))
    assert span.status == "ok"
    assert 0 < overhead_ns(span) <= span.duration_ns - STREAM_S * 0.9e9


def test_of_a_refused_call_all_the_time_is_the_gateways() -> None:
    async def refuse(exchange: Exchange) -> Reply:
        raise RefusedError("no", status=429, kind="rate_limit_error", code="shed")

    span = asyncio.run(metered(asked(), refuse))
    assert span.error_type == "shed"
    assert 0 < overhead_ns(span) <= span.duration_ns


def test_a_call_whose_client_left_while_it_waited_tells_no_time_of_the_gateways_own() -> None:
    async def leave(exchange: Exchange) -> Reply:
        raise asyncio.CancelledError

    async def scenario() -> None:
        spans: list[Span] = []
        with pytest.raises(asyncio.CancelledError):
            await make_meter_stage(load_price_book(), Limits(), spans.append)(asked(), leave)
        assert spans[0].finish_reason == "cancelled"
        assert "gateway.overhead_ns" not in spans[0].tags

    asyncio.run(scenario())


def test_tags_of_an_application_are_on_the_span_but_for_the_names_that_the_gateway_counts_by() -> None:
    async def answer(exchange: Exchange) -> Reply:
        return Reply(200, body=ANSWER)

    said = "team:north, shop:west, retries:9, guard_x:flagged, cache.saved_nusd:9, gateway.purpose:x, shadow:true, priority:low"
    span = asyncio.run(metered(asked(said), answer))
    kept = {name: value for name, value in span.tags.items() if name not in ("stream", "http.status_code")}
    assert kept == {"team": "north", "shop": "west", "gateway.overhead_ns": kept["gateway.overhead_ns"]}

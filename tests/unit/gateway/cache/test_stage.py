"""The cache stage around a provider that is a plain function; time and the meter's part are the test's."""

import asyncio
import json
from collections.abc import AsyncGenerator
from random import Random
from typing import Any

import pytest

from lrcp.gateway.background import Background
from lrcp.gateway.cache.beside import Beside
from lrcp.gateway.cache.runtime import CacheRuntime
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Exchange, Handler, Outcome, Reply, Stage, Stream
from lrcp.gateway.stages.cache import make_cache_stage
from lrcp.kit.clock import FakeClock
from lrcp.model.policy.caching import Cache, ExactCache
from tests.support.exchanges import new_exchange

EVENTS = [
    b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n',
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n',
    b"data: [DONE]\n\n",
]


def whole(text: str = "Hi", finish: str = "stop") -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return json.dumps({"model": "m", "choices": [choice]}).encode()


class Provider:
    """Answers each call with the next reply, or error, that it is given; the last one again and again."""

    def __init__(self, *replies: Reply | Exception | list[bytes]) -> None:
        self.replies = list(replies)
        self.calls = 0
        self.gate: asyncio.Event | None = None

    async def __call__(self, exchange: Exchange) -> Reply:
        self.calls += 1
        reply = self.replies[min(self.calls, len(self.replies)) - 1]
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, list):
            return Reply(200, [(b"content-type", b"text/event-stream")], stream=Stream(_pieces(reply)))
        return Reply(reply.status, list(reply.headers), reply.body)


async def _pieces(events: list[bytes]) -> AsyncGenerator[bytes, None]:
    for event in events:
        yield event


async def unmeasured(exchange: Exchange, proceed: Handler) -> Reply:
    return await proceed(exchange)


class Gateway:
    """A stage on its runtime."""

    def __init__(self, provider: Provider, section: Cache | None = None, **options: Any) -> None:
        self.clock = FakeClock()
        self.runtime = CacheRuntime(self.clock)
        self.provider = provider
        self.stage = self.make(section or Cache(exact=ExactCache(ttl_s=60)), **options)

    def make(self, section: Cache, **options: Any) -> Stage:
        stage = make_cache_stage(
            section,
            self.runtime,
            route_of=lambda exchange: "",
            directions=options.pop("directions", b""),
            may_force=options.pop("may_force", ()),
            beside=Beside(unmeasured, Background(), self.clock, Random(1)),
        )
        assert stage is not None
        return stage

    async def ask(self, exchange: Exchange | None = None, **outcome: Any) -> tuple[str, int, bytes]:
        """(exchange.cache, status, body) of a request, with the meter's part done: the end is told, once."""
        exchange = exchange or new_exchange()
        told = {"status": 200, "error": "", "cancelled": False, "duration_ns": 1, "ttft_ns": None}
        told |= {"input_tokens": 9, "output_tokens": 3, "cost_nusd": 1200}
        try:
            reply = await self.stage(exchange, self.provider)
            body = reply.body
            if reply.stream is not None:
                try:
                    body = b"".join([piece async for piece in reply.stream])
                finally:
                    await reply.stream.aclose()
            told["status"] = reply.status
        except BaseException as error:
            told |= {"status": 502, "error": "upstream_cut", "cancelled": isinstance(error, asyncio.CancelledError)}
            raise
        finally:
            for done in exchange.on_done:
                done(Outcome(**(told | outcome)))
            await asyncio.sleep(0)
        return exchange.cache, reply.status, body


def test_the_second_time_the_answer_is_given_again_with_what_it_saves() -> None:
    async def run() -> tuple[Gateway, list[Any], Exchange]:
        gateway = Gateway(Provider(Reply(200, [(b"x-ratelimit-remaining", b"5"), (b"x-id", b"1")], whole())))
        again = new_exchange()
        return gateway, [await gateway.ask(), await gateway.ask(again)], again

    gateway, answers, again = asyncio.run(run())
    assert answers == [("miss", 200, whole()), ("exact", 200, whole())]
    assert gateway.provider.calls == 1
    assert again.notes == {
        "cache.age_s": "0",
        "cache.saved_input_tokens": "9",
        "cache.saved_output_tokens": "3",
        "cache.saved_nusd": "1200",
    }
    assert gateway.runtime.counts.saved_nusd == 1200


def test_a_stream_is_given_again_as_a_stream_of_the_same_bytes() -> None:
    async def run() -> list[Any]:
        gateway = Gateway(Provider(EVENTS))
        asked = [await gateway.ask(new_exchange(stream=True)) for _ in range(2)]
        return [*asked, gateway.provider.calls]

    assert asyncio.run(run()) == [("miss", 200, b"".join(EVENTS)), ("exact", 200, b"".join(EVENTS)), 1]


def test_an_answer_is_asked_for_again_when_it_is_too_old() -> None:
    async def run() -> list[str]:
        gateway = Gateway(Provider(Reply(200, [], whole())))
        seen = []
        for seconds in (0, 59, 1):
            gateway.clock.advance(seconds)
            seen.append((await gateway.ask())[0])
        return seen

    assert asyncio.run(run()) == ["miss", "exact", "miss"]


CUT = EVENTS[:1]
FAILED = [EVENTS[0], b'data: {"error":{"message":"no","type":"server_error"}}\n\n', b"data: [DONE]\n\n"]


@pytest.mark.parametrize(
    ("first", "outcome"),
    [
        (Reply(429, [], b'{"error":{}}'), {}),
        (Reply(500, [], b"{}"), {}),
        (Reply(200, [], whole(finish="error")), {}),
        (Reply(200, [], b"no json"), {}),
        (Reply(200, [], b'{"error":{"message":"no"}}'), {}),
        (Reply(200, [], whole()), {"error": "guard_blocked", "status": 403}),
        (EVENTS, {"cancelled": True, "status": 499}),
        (CUT, {"error": "upstream_cut", "status": 502}),
        (CUT, {}),
        (FAILED, {}),
    ],
)
def test_what_did_not_end_well_is_never_given_again(first: Any, outcome: dict[str, Any]) -> None:
    async def run() -> tuple[str, int, int]:
        gateway = Gateway(Provider(first, EVENTS))
        streams = isinstance(first, list)
        await gateway.ask(new_exchange(stream=streams), **outcome)
        how, status, _ = await gateway.ask(new_exchange(stream=streams))
        return how, status, gateway.provider.calls

    assert asyncio.run(run()) == ("miss", 200, 2)


def test_an_error_of_the_provider_is_not_kept_and_leaves_nothing_behind() -> None:
    async def run() -> Gateway:
        gateway = Gateway(Provider(UpstreamError("down", code="upstream_unreachable"), Reply(200, [], whole())))
        with pytest.raises(UpstreamError):
            await gateway.ask()
        assert await gateway.ask() == ("miss", 200, whole())
        return gateway

    assert len(asyncio.run(run()).runtime.flights) == 0


async def _many(gateway: Gateway, count: int) -> list[Any]:
    gateway.provider.gate = asyncio.Event()
    asked = [asyncio.create_task(gateway.ask()) for _ in range(count)]
    await asyncio.sleep(0.01)
    gateway.provider.gate.set()
    return await asyncio.gather(*asked, return_exceptions=True)


def test_identical_requests_at_the_same_time_are_one_call() -> None:
    async def run() -> tuple[list[Any], int]:
        gateway = Gateway(Provider(Reply(200, [], whole())))
        return await _many(gateway, 50), gateway.provider.calls

    answers, calls = asyncio.run(run())
    assert calls == 1
    assert sorted(how for how, _, _ in answers) == ["exact"] * 49 + ["miss"]


def test_when_the_call_fails_those_who_waited_ask_themselves() -> None:
    async def run() -> tuple[list[Any], int]:
        gateway = Gateway(Provider(UpstreamError("down", code="x"), Reply(200, [], whole())))
        return await _many(gateway, 3), gateway.provider.calls

    (failed, *others), calls = asyncio.run(run())
    assert isinstance(failed, UpstreamError)
    assert [status for _, status, _ in others] == [200, 200]
    assert calls == 3


def test_when_the_leaders_client_leaves_one_of_those_who_wait_takes_its_place() -> None:
    async def run() -> tuple[list[Any], int, int]:
        gateway = Gateway(Provider(Reply(200, [], whole())))
        gateway.provider.gate = asyncio.Event()
        leader, *others = [asyncio.create_task(gateway.ask()) for _ in range(4)]
        await asyncio.sleep(0.01)
        leader.cancel()
        await asyncio.sleep(0.01)
        calls = gateway.provider.calls
        gateway.provider.gate.set()
        return sorted(how for how, _, _ in await asyncio.gather(*others)), calls, gateway.runtime.counts.promoted

    assert asyncio.run(run()) == (["exact", "exact", "miss"], 2, 3)


@pytest.mark.parametrize(
    ("header", "first_reads", "then"),
    [("1", "", "exact"), ("true", "", "exact"), ("refresh", "miss", "exact"), ("0", "exact", "exact")],
)
def test_a_request_may_pass_by_the_cache_or_renew_what_it_holds(header: str, first_reads: str, then: str) -> None:
    async def run() -> list[str]:
        gateway = Gateway(Provider(Reply(200, [], whole())))
        await gateway.ask()
        asked = new_exchange(headers={"x-lrcp-no-cache": header})
        passed = await gateway.ask(asked)
        assert ((b"x-lrcp-cache", b"bypass") in asked.reply_headers) == (first_reads == "")
        return [passed[0], (await gateway.ask())[0]]

    assert asyncio.run(run()) == [first_reads, then]


def test_what_came_of_an_injected_fault_is_nobody_elses_answer() -> None:
    async def run() -> list[str]:
        gateway = Gateway(Provider(Reply(200, [], whole())))
        first = new_exchange(headers={"x-lrcp-fault": "latency"})
        return [(await gateway.ask(first))[0], (await gateway.ask())[0]]

    assert asyncio.run(run()) == ["", "miss"]


def test_the_ladder_switches_the_cache_on_whatever_the_request_wishes() -> None:
    async def run() -> list[str]:
        gateway = Gateway(Provider(Reply(200, [], whole())), Cache(), may_force=("exact",))
        seen = []
        for forced in ((), ("exact",), ("exact",)):
            exchange = new_exchange(headers={"x-lrcp-no-cache": "1"})
            exchange.forced_caches = frozenset(forced)
            seen.append((await gateway.ask(exchange))[0])
        return seen

    assert asyncio.run(run()) == ["", "miss", "exact"]


def test_answers_outlive_a_new_policy_but_not_new_directions() -> None:
    async def run() -> list[str]:
        gateway = Gateway(Provider(Reply(200, [], whole())))
        seen = [(await gateway.ask())[0]]
        for directions in (b"", b"other routes"):
            gateway.stage = gateway.make(Cache(exact=ExactCache(ttl_s=60, max_entries=5)), directions=directions)
            seen.append((await gateway.ask())[0])
        return seen

    assert asyncio.run(run()) == ["miss", "exact", "miss"]


def test_without_a_cache_there_is_no_stage() -> None:
    runtime = CacheRuntime(FakeClock())
    beside = Beside(unmeasured, Background(), runtime.clock, Random(1))
    for section in (Cache(), Cache(exact=ExactCache(enabled=False))):
        assert (
            make_cache_stage(section, runtime, route_of=lambda _: "", directions=b"", may_force=(), beside=beside)
            is None
        )

"""The last stage: which tries an exchange gets, told by what a provider answers to each."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from lrcp.gateway.config import Timeouts
from lrcp.gateway.errors import RefusedError, UpstreamError
from lrcp.gateway.exchange import Attempt, Exchange, Handler, Outcome, Reply, Stream, Target
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.resilience.state import ResilienceState
from lrcp.gateway.stages.resilience import make_resilience_stage
from lrcp.kit.clock import FakeClock
from lrcp.model.errors import InputError, LrcpError
from lrcp.model.policy.routing import Breaker, Hedge, Resilience, Retries
from lrcp.model.policy.routing import Timeouts as PolicyTimeouts
from tests.support.exchanges import new_exchange

UPSTREAMS = make_upstreams("local", {})
A, B, C = (Target(UPSTREAMS["local"], name) for name in "abc")
FAST = Retries(max=2, base_ms=1, cap_ms=1)
QUICK = Resilience(retries=FAST)
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'

Answer = Reply | LrcpError | Callable[[], Any]


def good(text: str = "Hi") -> Reply:
    return Reply(200, [], json.dumps({"choices": [{"message": {"content": text}}]}).encode())


def bad(status: int, **headers: str) -> Reply:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Reply(status, named, b'{"error":{"type":"oops","message":"no"}}')


def broken(code: str = "upstream_disconnected", status: int = 502) -> UpstreamError:
    return UpstreamError("it broke", code=code, status=status)


class Provider:
    """Answers each target's calls in turn, the last one for ever; keeps who was asked."""

    def __init__(self, **answers: list[Answer]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.asked_twice = asyncio.Event()
        self.attempts: list[Attempt] = []
        self.closed: list[str] = []

    async def __call__(self, exchange: Exchange, attempt: Attempt) -> Reply:
        model = attempt.target.model
        self.asked.append(model)
        if len(self.asked) == 2:
            self.asked_twice.set()
        self.attempts.append(attempt)
        turns = self.answers[model]
        answer = turns.pop(0) if len(turns) > 1 else turns[0]
        if isinstance(answer, LrcpError):
            raise answer
        return answer if isinstance(answer, Reply) else await answer()

    def stream(self, name: str, *pieces: bytes, error: UpstreamError | None = None) -> Reply:
        async def give() -> AsyncGenerator[bytes, None]:
            for piece in pieces:
                yield piece
            if error is not None:
                raise error

        return Reply(200, [], stream=Stream(give(), lambda: self.closed.append(name)))


class Bench:
    """A stage with its state and a clock moved by hand."""

    def __init__(self, section: Resilience | None = QUICK, **of_routes: Resilience) -> None:
        self.clock = FakeClock()
        self.state = ResilienceState(self.clock)
        self.section, self._of_routes = section, of_routes

    def call(
        self, provider: Provider, *candidates: Target, exchange: Exchange | None = None, **members: Any
    ) -> tuple[Reply, Exchange]:
        exchange = exchange or new_exchange(**members)
        exchange.candidates = candidates
        return asyncio.run(self.run(provider, exchange)), exchange

    async def run(self, provider: Provider, exchange: Exchange) -> Reply:
        return await self.stage(provider, self.section)(exchange)

    def stage(self, provider: Provider, section: Resilience | None) -> Handler:
        return make_resilience_stage(
            section,
            self._of_routes,
            self.state,
            provider,
            timeouts=Timeouts(),
            max_event_bytes=10_000,
            clock=self.clock,
            chance=lambda: 0.5,
        )


def ended(error: str = "", *, cancelled: bool = False) -> Outcome:
    return Outcome(
        status=200,
        error=error,
        cancelled=cancelled,
        duration_ns=1,
        ttft_ns=None,
        input_tokens=None,
        output_tokens=None,
        cost_nusd=None,
    )


def test_a_good_answer_at_once_is_one_try() -> None:
    provider = Provider(a=[good()])
    reply, exchange = Bench().call(provider, A, B)
    assert reply.status == 200
    assert (provider.asked, len(exchange.attempts), exchange.target, exchange.notes) == (["a"], 1, A, {})
    assert exchange.attempts[0].status == 200
    assert exchange.attempts[0].ended_tick > 0


def test_a_fault_is_tried_again_on_the_same_target_and_then_on_the_next() -> None:
    provider = Provider(a=[broken()], b=[good()])
    reply, exchange = Bench().call(provider, A, B)
    assert reply.status == 200
    assert provider.asked == ["a", "a", "a", "b"]
    assert exchange.notes == {"retries": "2", "fallback": "broken"}
    assert exchange.target is B
    assert [attempt.number for attempt in exchange.attempts] == [1, 2, 3, 4]
    assert exchange.attempts[0].error == ("upstream_disconnected", "it broke")


def test_a_retry_that_goes_well_is_no_fallback() -> None:
    provider = Provider(a=[bad(500), good()], b=[good()])
    reply, exchange = Bench().call(provider, A, B)
    assert (reply.status, provider.asked, exchange.notes) == (200, ["a", "a"], {"retries": "1"})


@pytest.mark.parametrize("status", [400, 413, 422])
def test_the_clients_own_mistake_is_told_at_once(status: int) -> None:
    provider = Provider(a=[bad(status)], b=[good()])
    reply, exchange = Bench().call(provider, A, B)
    assert (reply.status, provider.asked, exchange.notes) == (status, ["a"], {})


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_provider_that_does_not_serve_the_call_is_left_at_once(status: int) -> None:
    provider = Provider(a=[bad(status)], b=[good()])
    reply, exchange = Bench().call(provider, A, B)
    assert (reply.status, provider.asked, exchange.notes) == (200, ["a", "b"], {"fallback": "unwelcome"})


def test_a_call_that_does_not_fit_one_target_goes_to_the_next() -> None:
    assert Bench().call(Provider(a=[InputError("no images")], b=[good()]), A, B)[0].status == 200
    with pytest.raises(InputError, match="no images"):
        Bench().call(Provider(a=[InputError("no images")]), A)


def test_a_busy_provider_is_left_at_once_for_another_and_waited_for_without_one() -> None:
    provider = Provider(a=[bad(429, retry_after="0"), good()], b=[good()])
    assert Bench().call(provider, A, B)[0].status == 200
    assert provider.asked == ["a", "b"]
    alone = Provider(a=[bad(429, retry_after="0.01"), good()])
    reply, exchange = Bench().call(alone, A)
    assert (reply.status, alone.asked, exchange.notes) == (200, ["a", "a"], {"retries": "1"})
    assert exchange.upstream_ns >= 10_000_000  # the wait is the provider's, not the gateway's


def test_a_wait_longer_than_allowed_is_given_back_with_its_time() -> None:
    provider = Provider(a=[bad(429, retry_after="60")])
    reply, _ = Bench().call(provider, A)
    assert (reply.status, reply.headers, provider.asked) == (429, [(b"retry-after", b"60")], ["a"])


def test_a_target_that_asked_for_rest_is_asked_last_until_it_is_over() -> None:
    bench = Bench()
    provider = Provider(a=[bad(429, retry_after="30"), good()], b=[good()])
    for _ in range(3):
        bench.call(provider, A, B)
    assert provider.asked == ["a", "b", "b", "b"]
    _, exchange = bench.call(provider, A, B)
    assert exchange.notes == {"fallback": "resting"}
    bench.clock.advance(31)
    bench.call(provider, A, B)
    assert provider.asked[-1] == "a"


def test_a_resting_target_is_asked_where_no_other_is_left() -> None:
    bench = Bench()
    provider = Provider(a=[bad(429, retry_after="30"), good()])
    assert bench.call(provider, A)[0].status == 429
    assert bench.call(provider, A)[0].status == 200


def test_the_last_failure_is_told_when_all_fail() -> None:
    with pytest.raises(UpstreamError) as caught:
        Bench().call(Provider(a=[bad(500)], b=[broken("upstream_timeout", 504)]), A, B)
    assert caught.value.code == "upstream_timeout"


def test_a_fallback_that_refuses_hides_no_earlier_cause() -> None:
    reply, exchange = Bench().call(Provider(a=[bad(503)], b=[bad(401)]), A, B)
    assert (reply.status, exchange.target) == (503, A)


def test_what_takes_too_long_is_not_paid_twice_on_the_same_target() -> None:
    provider = Provider(a=[broken("upstream_timeout", 504)], b=[good()])
    Bench().call(provider, A, B)
    assert provider.asked == ["a", "b"]


def test_retries_come_out_of_a_budget() -> None:
    bench = Bench(Resilience(retries=Retries(max=1, base_ms=1, cap_ms=1, budget_ratio=0.25), breaker=None))
    provider = Provider(a=[bad(500)])
    notes = [bench.call(provider, A)[1].notes for _ in range(41)]
    assert len(provider.asked) == 41 + 20  # one in four, and ten to begin with
    assert {"retry_budget": "spent"} in notes


def test_the_whole_time_spans_all_tries() -> None:
    bench = Bench(Resilience(retries=FAST, timeouts=PolicyTimeouts(whole_s=10.0, connect_s=1.0)))

    async def slow() -> Reply:
        bench.clock.advance(4.0)
        raise broken()

    provider = Provider(a=[slow], b=[good()])
    with pytest.raises(UpstreamError):
        bench.call(provider, A)
    assert provider.asked == ["a", "a", "a"]
    wholes = [attempt.timeouts.whole_s for attempt in provider.attempts if attempt.timeouts]
    assert wholes == pytest.approx([10.0, 6.0, 2.0])
    assert {attempt.timeouts.connect_s for attempt in provider.attempts if attempt.timeouts} == {1.0}


def test_the_time_to_the_first_token_is_for_streams_alone() -> None:
    bench = Bench(Resilience(timeouts=PolicyTimeouts(first_token_s=3.0, idle_s=2.0)))
    provider = Provider(a=[good()])
    bench.call(provider, A)
    bench.call(provider, A, stream=True)
    first = [attempt.timeouts.first_byte_s for attempt in provider.attempts if attempt.timeouts]
    assert first == [Timeouts().first_byte_s, 3.0]
    assert {attempt.timeouts.idle_s for attempt in provider.attempts if attempt.timeouts} == {2.0}


def test_a_policy_that_never_comes_into_force_forgets_no_circuit() -> None:
    bench = Bench(Resilience(retries=None, breaker=Breaker(min_calls=1, open_s=10.0)))
    with pytest.raises(UpstreamError):
        bench.call(Provider(a=[broken()]), A)
    bench.stage(Provider(), Resilience(breaker=Breaker(min_calls=2)))
    assert not bench.state.healthy("local/a")
    bench.section = Resilience(breaker=Breaker(min_calls=2))
    assert bench.call(Provider(a=[good()]), A)[0].status == 200
    assert bench.state.healthy("local/a")


def test_a_circuit_opens_and_the_target_is_passed_over_until_its_probe_goes_well() -> None:
    bench = Bench(Resilience(retries=None, breaker=Breaker(min_calls=3, open_s=10.0)))
    provider = Provider(a=[broken(), broken(), broken(), good()], b=[good()])
    for _ in range(5):
        _, exchange = bench.call(provider, A, B)
    assert provider.asked == ["a", "b", "a", "b", "a", "b", "b", "b"]
    assert exchange.notes == {"fallback": "circuit_open"}
    assert not bench.state.healthy("local/a")
    bench.clock.advance(10.0)
    bench.call(provider, A, B)
    bench.call(provider, A, B)
    assert provider.asked[-2:] == ["a", "a"]
    assert bench.state.healthy("local/a")


def test_when_every_circuit_is_open_the_call_is_refused_with_the_time_to_wait() -> None:
    bench = Bench(Resilience(retries=None, breaker=Breaker(min_calls=1, open_s=10.0)))
    provider = Provider(a=[broken()], b=[broken()])
    with pytest.raises(UpstreamError):
        bench.call(provider, A, B)
    bench.clock.advance(4.0)
    exchange = new_exchange()
    with pytest.raises(RefusedError) as caught:
        bench.call(provider, A, B, exchange=exchange)
    assert (caught.value.status, caught.value.code, caught.value.retry_after_s) == (503, "circuit_open", 6.0)
    assert (provider.asked, exchange.target, exchange.attempts) == (["a", "b"], A, [])
    assert exchange.notes == {"circuit": "open"}


def test_a_probe_whose_client_leaves_makes_room_for_the_next() -> None:
    bench = Bench(Resilience(retries=None, breaker=Breaker(min_calls=1, open_s=10.0)))

    async def hang() -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    provider = Provider(a=[broken(), hang, good()])
    with pytest.raises(UpstreamError):
        bench.call(provider, A)
    bench.clock.advance(10.0)

    async def leave() -> None:
        exchange = new_exchange()
        exchange.candidates = (A,)
        call = asyncio.create_task(bench.run(provider, exchange))
        await provider.asked_twice.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(leave())
    assert bench.call(provider, A)[0].status == 200


def test_a_stream_that_breaks_before_its_first_token_is_tried_again_unseen() -> None:
    provider = Provider()
    provider.answers = {
        "a": [lambda: _soon(provider.stream("first", b": ping\n\n", error=broken("upstream_cut")))],
        "b": [lambda: _soon(provider.stream("second", EVENT, b"data: [DONE]\n\n"))],
    }
    exchange = new_exchange(stream=True)
    exchange.candidates = (A, B)

    async def run() -> list[bytes]:
        reply = await Bench().run(provider, exchange)
        assert reply.stream is not None
        return [piece async for piece in reply.stream]

    assert asyncio.run(run()) == [EVENT, b"data: [DONE]\n\n"]
    assert provider.asked == ["a", "a", "a", "b"]
    assert provider.closed == ["first"] * 3


async def _soon(reply: Reply) -> Reply:
    return reply


def test_a_stream_that_breaks_after_its_first_token_is_not_tried_again_and_counts() -> None:
    bench = Bench(Resilience(retries=FAST, breaker=Breaker(min_calls=2, error_ratio=0.5)))
    provider = Provider()
    provider.answers = {"a": [lambda: _soon(provider.stream("a", EVENT, error=broken("upstream_cut")))]}
    exchange = new_exchange(stream=True)
    exchange.candidates = (A, B)

    async def run() -> list[bytes]:
        reply = await bench.run(provider, exchange)
        assert reply.stream is not None
        pieces = [await anext(reply.stream)]
        with pytest.raises(UpstreamError):
            await anext(reply.stream)
        return pieces

    assert asyncio.run(run()) == [EVENT]
    assert provider.asked == ["a"]
    assert bench.state.healthy("local/a")
    for done in exchange.on_done:
        done(ended("upstream_cut"))
    assert not bench.state.healthy("local/a")  # one of its two tidings was bad
    assert exchange.attempts[0].error[0] == "upstream_cut"


def test_a_client_that_leaves_a_stream_says_nothing_about_the_target() -> None:
    bench = Bench(Resilience(breaker=Breaker(min_calls=1)))
    provider = Provider()
    provider.answers = {"a": [lambda: _soon(provider.stream("a", EVENT))]}
    _, exchange = bench.call(provider, A, stream=True)
    for done in exchange.on_done:
        done(ended("upstream_cut", cancelled=True))
    assert bench.state.healthy("local/a")


def test_an_overloaded_event_in_place_of_the_first_token_leads_on_and_else_is_given_back_unchanged() -> None:
    event = b'data: {"error":{"type":"overloaded_error","message":"full"}}\n\n'
    provider = Provider(b=[good()])
    provider.answers["a"] = [lambda: _soon(provider.stream("a", event))]
    assert Bench().call(provider, A, B, stream=True)[0].body == good().body
    assert provider.closed == ["a"]
    exchange = new_exchange(stream=True)
    exchange.candidates = (A,)

    async def run() -> list[bytes]:
        reply = await Bench(Resilience(retries=None)).run(provider, exchange)
        assert reply.stream is not None
        return [piece async for piece in reply.stream]

    assert asyncio.run(run()) == [event]


def test_a_whole_answer_that_is_not_json_is_a_failure() -> None:
    page = Reply(200, [(b"content-type", b"text/html")], b"<html>")
    assert Bench().call(Provider(a=[page], b=[good()]), A, B)[0].body == good().body
    with pytest.raises(UpstreamError) as caught:
        Bench().call(provider := Provider(a=[page]), A)
    assert caught.value.code == "upstream_not_json"
    assert (provider.attempts[0].status, provider.attempts[0].error[0]) == (200, "upstream_not_json")


def test_switched_off_it_makes_one_try_and_looks_at_nothing() -> None:
    bench = Bench(None)
    page = Reply(200, [(b"content-type", b"text/html")], b"<html>")
    assert bench.call(Provider(a=[page]), A)[0] is page
    provider = Provider(a=[broken()], b=[good()])
    exchange = new_exchange()
    with pytest.raises(UpstreamError):
        bench.call(provider, A, B, exchange=exchange)
    assert (provider.asked, exchange.attempts[0].error[0]) == (["a"], "upstream_disconnected")
    assert bench.state.describe()["known_targets"] == 0


def test_a_route_may_have_its_own() -> None:
    bench = Bench(None, careful=QUICK)
    exchange = new_exchange()
    exchange.route = "careful"
    provider = Provider(a=[broken(), good()])
    assert bench.call(provider, A, exchange=exchange)[0].status == 200
    assert provider.asked == ["a", "a"]


def test_without_a_candidate_there_is_nothing_to_try() -> None:
    with pytest.raises(UpstreamError) as caught:
        Bench().call(Provider())
    assert caught.value.code == "no_target"


HEDGED = Resilience(retries=None, hedge=Hedge(percentile=50.0, min_samples=5, max_ratio=0.5))


def warm(bench: Bench, target: Target, calls: int) -> None:
    for _ in range(calls):
        provider = Provider()
        provider.answers[target.model] = [good()]
        bench.call(provider, target)


async def _never() -> Reply:
    await asyncio.Event().wait()
    raise AssertionError


def test_a_slow_first_try_is_overtaken_by_the_next_candidate() -> None:
    bench = Bench(HEDGED)
    warm(bench, A, 6)
    provider = Provider(a=[_never], b=[good("B")])
    reply, exchange = bench.call(provider, A, B)
    assert reply.body == good("B").body
    assert exchange.notes == {"hedged": "won", "fallback": "hedge"}
    assert [(attempt.number, attempt.hedge) for attempt in exchange.attempts] == [(1, False), (2, True)]
    assert (exchange.target, exchange.attempts[-1].target) == (B, B)


def test_the_same_target_is_asked_once_more_where_there_is_no_other() -> None:
    bench = Bench(HEDGED)
    warm(bench, A, 6)
    provider = Provider(a=[_never, good("again")])
    reply, exchange = bench.call(provider, A)
    assert (reply.body, exchange.notes) == (good("again").body, {"hedged": "won"})


def test_the_answer_that_counts_is_told_last_also_when_the_first_try_won() -> None:
    bench = Bench(HEDGED)
    warm(bench, A, 6)

    async def after_the_hedge() -> Reply:
        await provider.asked_twice.wait()
        return good("A")

    provider = Provider(a=[after_the_hedge], b=[_never])
    reply, exchange = bench.call(provider, A, B)
    assert (reply.body, exchange.notes, exchange.target) == (good("A").body, {"hedged": "lost"}, A)
    assert [attempt.number for attempt in exchange.attempts] == [2, 1]


def test_hedges_are_a_share_of_the_requests() -> None:
    bench = Bench(HEDGED)
    warm(bench, A, 6)  # of these, three hedges were saved up
    made = 0
    for _ in range(10):

        async def slowly() -> Reply:
            await asyncio.sleep(0.02)
            return good()

        provider = Provider(a=[slowly])
        bench.call(provider, A)
        made += len(provider.asked) - 1
    assert made <= 3 + 5
    assert made >= 1


def test_both_tries_failing_leads_on_by_the_first_ones_failure() -> None:
    bench = Bench(HEDGED)
    warm(bench, A, 6)

    async def fail_late() -> Reply:
        await asyncio.sleep(0.02)
        raise broken()

    provider = Provider(a=[fail_late], b=[broken()], c=[good("C")])
    reply, exchange = bench.call(provider, A, B, C)
    assert (reply.body, provider.asked) == (good("C").body, ["a", "b", "c"])
    assert exchange.notes == {"hedged": "lost", "fallback": "broken"}

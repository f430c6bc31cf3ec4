"""Requests and tokens in a window: never more than the limit, in no window, whichever worker counts them."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Outcome, Reply
from lrcp.gateway.limits.cells import Cells, open_cells
from lrcp.gateway.limits.headers import render_duration
from lrcp.gateway.limits.rules import compile_limits
from lrcp.gateway.limits.state import LimitState
from lrcp.gateway.stages.limits import admit, make_limits_stage
from lrcp.model.policy.admission import Limit
from lrcp.model.policy.scope import Scope
from tests.support.exchanges import new_exchange

START_NS = 1_790_000_000_123_456_789
MINUTE_NS = 60 * 10**9


class HandClock:
    """A clock that is set to the nanosecond."""

    def __init__(self, now: int = START_NS) -> None:
        self.now = now

    def now_ns(self) -> int:
        return self.now

    def monotonic_s(self) -> float:
        return self.now / 1e9


def outcome(input_tokens: int | None = None, output_tokens: int | None = None, error: str = "") -> Outcome:
    return Outcome(
        status=200,
        error=error,
        cancelled=False,
        duration_ns=2 * 10**9,
        ttft_ns=None,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        cost_nusd=0,
    )


def counting_in(cells: Cells) -> LimitState:
    state = LimitState()
    state.use(cells)
    return state


class Gate:
    """Limits on a state, asked as the stage asks them."""

    def __init__(self, *limits: Limit, state: LimitState | None = None, clock: HandClock | None = None) -> None:
        self.state = state or LimitState()
        self.clock = clock or HandClock()
        self.rules = compile_limits(limits, self.state.typical)
        stage = make_limits_stage(limits, self.state, self.clock)
        assert stage is not None
        self.stage = stage

    def refusal(self, exchange: Exchange | None = None) -> RefusedError | None:
        try:
            admit(exchange or new_exchange(), self.rules, self.state, self.clock)
        except RefusedError as error:
            return error
        return None

    def passes(self, exchange: Exchange | None = None) -> bool:
        return self.refusal(exchange) is None

    def run(self, exchange: Exchange) -> Reply:
        async def answer(exchange: Exchange) -> Reply:
            return Reply(200, [(b"x-ratelimit-limit-requests", b"9999"), (b"x-other", b"1")])

        async def through() -> Reply:
            return await self.stage(exchange, answer)

        return asyncio.run(through())


@pytest.fixture(scope="module")
def gates() -> Iterator[list[tuple[LimitState, HandClock]]]:
    """Three workers on one file and one clock."""
    clock = HandClock()
    with TemporaryDirectory() as folder:
        states = [counting_in(open_cells(Path(folder))) for _ in range(3)]
        yield [(state, clock) for state in states]
        for state in states:
            state.cells.close()


steps = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30 * 10**9), st.integers(1, 4)), max_size=120)


@given(steps, st.integers(1, 12), st.randoms(use_true_random=False))
def test_no_window_ever_holds_more_than_the_limit_whichever_worker_counts(
    gates: list[tuple[LimitState, HandClock]], steps: list[tuple[int, int, int]], most: int, random: Any
) -> None:
    name = f"limit-{random.getrandbits(60)}"
    workers = [Gate(Limit(name=name, requests=most), state=state, clock=clock) for state, clock in gates]
    clock = gates[0][1]
    passed: list[int] = []
    for worker, pause_ns, burst in steps:
        clock.now += pause_ns
        passed += [clock.now for _ in range(burst) if workers[worker].passes()]
    for last in passed:
        assert sum(last - MINUTE_NS < other <= last for other in passed) <= most


@given(steps, st.integers(1, 12))
def test_who_waits_as_told_passes_and_who_comes_early_does_not(steps: list[tuple[int, int, int]], most: int) -> None:
    gate = Gate(Limit(name="l", requests=most))
    for _, pause_ns, burst in steps:
        gate.clock.now += pause_ns
        for _ in range(burst):
            refusal = gate.refusal()
            if refusal is None:
                continue
            assert refusal.retry_after_s is not None
            gate.clock.now += round(refusal.retry_after_s * 1e9) - 1_000
            assert not gate.passes()
            gate.clock.now += 2_000
            assert gate.passes()


def test_a_limit_lets_its_number_through_at_once_and_again_a_window_later() -> None:
    gate = Gate(Limit(name="l", requests=5))
    assert [gate.passes() for _ in range(7)] == [True] * 5 + [False] * 2
    gate.clock.now += MINUTE_NS + MINUTE_NS // 60
    assert [gate.passes() for _ in range(7)] == [True] * 5 + [False] * 2


def test_an_even_flow_at_nine_tenths_of_the_limit_is_never_refused() -> None:
    gate = Gate(Limit(name="l", requests=100))
    refused = 0
    for _ in range(1000):
        gate.clock.now += MINUTE_NS // 90
        refused += not gate.passes()
    assert refused == 0


@pytest.mark.parametrize(
    ("per", "header", "member"),
    [("session", "x-lrcp-session", ""), ("user", "x-lrcp-user", ""), ("model", "", "model")],
)
def test_each_value_has_a_limit_of_its_own(per: Any, header: str, member: str) -> None:
    gate = Gate(Limit(name="l", requests=1, per=per))

    def ask(value: str) -> bool:
        return gate.passes(new_exchange(value) if member else new_exchange(headers={header: value}))

    assert [ask("a"), ask("a"), ask("b"), ask("b")] == [True, False, True, False]


def test_requests_without_the_value_share_one_limit() -> None:
    gate = Gate(Limit(name="l", requests=2, per="session"))
    assert [gate.passes() for _ in range(3)] == [True, True, False]


def test_a_limit_counts_only_what_its_scope_matches() -> None:
    gate = Gate(Limit(name="l", requests=1, match=Scope(models=("gpt-5*",))))
    assert gate.run(new_exchange("claude")).status == 200
    assert gate.run(new_exchange("gpt-5-mini")).status == 200
    assert gate.run(new_exchange("claude")).status == 200
    with pytest.raises(RefusedError):
        gate.run(new_exchange("gpt-5"))


def test_a_request_that_one_limit_refuses_is_counted_by_none() -> None:
    narrow, wide = Limit(name="narrow", requests=1), Limit(name="wide", requests=3)
    gate = Gate(wide, narrow)
    assert [gate.passes() for _ in range(5)] == [True, False, False, False, False]
    assert [Gate(wide, state=gate.state, clock=gate.clock).passes() for _ in range(3)] == [True, True, False]


def test_a_changed_limit_goes_on_counting() -> None:
    gate = Gate(Limit(name="l", requests=3))
    assert [gate.passes() for _ in range(3)] == [True] * 3
    raised = Gate(Limit(name="l", requests=4), state=gate.state, clock=gate.clock)
    assert [raised.passes() for _ in range(2)] == [True, False]


def test_of_several_refusals_the_longest_wait_is_told() -> None:
    gate = Gate(Limit(name="short", requests=1, every="second"), Limit(name="long", requests=1, every="hour"))
    assert gate.passes()
    refusal = gate.refusal()
    assert refusal is not None
    assert str(refusal).startswith("the limit 'long' is 1 request an hour; try again in 3")
    assert refusal.retry_after_s is not None
    assert 3600 <= refusal.retry_after_s <= 3660


def test_a_clock_that_goes_back_by_more_than_a_window_does_not_block_for_ever() -> None:
    gate = Gate(Limit(name="l", requests=1, every="second"))
    assert gate.passes()
    gate.clock.now -= 3600 * 10**9
    assert [gate.passes(), gate.passes()] == [True, False]


def test_tokens_are_reserved_before_and_settled_after() -> None:
    gate = Gate(Limit(name="l", tokens=1000))
    first = new_exchange(max_tokens=900)
    headers = dict(gate.run(first).headers) | dict(first.reply_headers)
    reserved = 900 + first.prompt_tokens()
    assert headers[b"x-ratelimit-limit-tokens"] == b"1000"
    assert headers[b"x-ratelimit-remaining-tokens"] == b"%d" % (1000 - reserved)
    assert not gate.passes(new_exchange(max_tokens=100))
    (done,) = first.on_done
    done(outcome(20, 30))
    after = new_exchange(max_tokens=100)
    gate.run(after)
    assert dict(after.reply_headers)[b"x-ratelimit-remaining-tokens"] == b"%d" % (950 - 100 - after.prompt_tokens())


def test_a_call_that_failed_gives_its_tokens_back() -> None:
    gate = Gate(Limit(name="l", tokens=1000))
    first = new_exchange(max_tokens=900)
    gate.run(first)
    first.on_done[0](outcome(error="upstream_unreachable"))
    assert gate.passes(new_exchange(max_tokens=900))


def test_tokens_beyond_the_estimate_are_counted_even_after_its_window() -> None:
    gate = Gate(Limit(name="l", tokens=1000, every="second"))
    first = new_exchange(max_tokens=10)
    gate.run(first)
    gate.clock.now += 5 * 10**9
    first.on_done[0](outcome(20, 1000))
    assert not gate.passes(new_exchange(max_tokens=900))
    gate.clock.now += 2 * 10**9
    assert gate.passes(new_exchange(max_tokens=900))


def test_without_a_bound_of_its_own_an_answer_is_reserved_for_as_the_models_mostly_are() -> None:
    gate = Gate(Limit(name="l", tokens=100_000))
    for _ in range(100):
        exchange = new_exchange("m")
        gate.run(exchange)
        exchange.on_done[0](outcome(20, 40))
    exchange = new_exchange("m")
    assert gate.state.typical.output_tokens(exchange) == pytest.approx(40, abs=1)
    assert gate.state.typical.output_tokens(new_exchange("other")) == 256


def test_a_bound_on_the_answer_never_makes_a_request_impossible() -> None:
    gate = Gate(Limit(name="l", tokens=500))
    assert gate.passes(new_exchange(max_tokens=100_000))


def test_a_prompt_over_the_limit_is_refused_without_a_time_to_wait() -> None:
    gate = Gate(Limit(name="l", tokens=5))
    refusal = gate.refusal(new_exchange(messages=[{"role": "user", "content": "word " * 100}]))
    assert refusal is not None
    assert refusal.retry_after_s is None
    assert "this request alone has about" in str(refusal)


def test_a_refusal_says_how_long_in_headers_and_words() -> None:
    gate = Gate(Limit(name="burst", requests=1, every="second", per="session"))
    gate.passes()
    exchange = new_exchange()
    refusal = gate.refusal(exchange)
    assert refusal is not None
    headers = dict(exchange.reply_headers)
    assert headers[b"x-ratelimit-limit-requests"] == b"1"
    assert headers[b"x-ratelimit-remaining-requests"] == b"0"
    assert 1000 <= int(headers[b"retry-after-ms"]) <= 1017
    assert re.fullmatch(
        r"the limit 'burst' is 1 request a second for each session; try again in [\d.]+ s", str(refusal)
    )
    assert (refusal.status, refusal.code, exchange.notes) == (429, "rate_limit_exceeded", {"limit": "burst"})


def test_the_headers_are_of_the_limit_of_which_the_least_is_left_and_not_the_providers() -> None:
    gate = Gate(Limit(name="wide", requests=100), Limit(name="narrow", requests=3))
    exchange = new_exchange()
    reply = gate.run(exchange)
    assert reply.headers == [(b"x-other", b"1")]
    headers = dict(exchange.reply_headers)
    assert headers[b"x-ratelimit-limit-requests"] == b"3"
    assert headers[b"x-ratelimit-remaining-requests"] == b"2"
    assert headers[b"x-ratelimit-reset-requests"] in (b"1m0s", b"1m1s")


def test_no_limits_are_no_stage() -> None:
    assert make_limits_stage((), LimitState(), HandClock()) is None


@pytest.mark.parametrize(
    ("duration_ns", "expected"),
    [
        (0, b"0ms"),
        (1, b"1ms"),
        (999_000_001, b"1s"),
        (1_500_000_000, b"1.5s"),
        (60 * 10**9, b"1m0s"),
        (3723 * 10**9, b"1h2m3s"),
        (86_400 * 10**9, b"24h0m0s"),
    ],
)
def test_durations_are_written_as_openai_writes_them(duration_ns: int, expected: bytes) -> None:
    assert render_duration(duration_ns) == expected

"""Two tries side by side."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Attempt, Reply, Stream, Target
from lrcp.gateway.providers import make_upstreams
from lrcp.gateway.resilience.decision import classify_error
from lrcp.gateway.resilience.hedging import hedge_delay_s, race
from lrcp.gateway.resilience.state import TargetState
from lrcp.gateway.resilience.trying import Chosen, Tried
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT
from lrcp.model.policy.routing import Hedge

TARGET = Target(make_upstreams("local", {})["local"], "m")


async def _one_piece() -> AsyncGenerator[bytes, None]:
    yield b"data: [DONE]\n\n"


class Runner:
    """A try that ends when it is told to."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = asyncio.Event()
        self.may_end = asyncio.Event()
        self.cancelled = False
        self.closed = False

    def _close(self) -> None:
        self.closed = True

    async def run(self, *, good: bool = True) -> Tried:
        self.started.set()
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        attempt = Attempt(1, TARGET, self.name, 0, 0, OPENAI_CHAT)
        chosen = Chosen(TARGET, TargetState(), None, 0)
        if good:
            return Tried(
                attempt=attempt, chosen=chosen, rule=None, reply=Reply(200, stream=Stream(_one_piece(), self._close))
            )
        error = UpstreamError("", code="upstream_cut")
        return Tried(attempt=attempt, chosen=chosen, rule=classify_error(error), error=error)


def test_a_first_try_that_ends_in_time_stays_alone() -> None:
    async def run() -> Tried:
        first = Runner("first")
        first.may_end.set()
        return await race(first.run(), lambda: pytest.fail("asked for a second try"), 30.0)

    assert asyncio.run(run()).attempt.span_id == "first"


def test_a_first_try_that_fails_in_time_is_not_hedged() -> None:
    async def run() -> Tried:
        first = Runner("first")
        first.may_end.set()
        return await race(first.run(good=False), lambda: pytest.fail("asked for a second try"), 30.0)

    assert asyncio.run(run()).rule is not None


def test_the_first_good_answer_wins_and_the_other_try_is_cancelled() -> None:
    async def run() -> None:
        first, second = Runner("first"), Runner("second")
        second.may_end.set()
        winner = await race(first.run(), second.run, 0.0)
        assert winner.attempt.span_id == "second"
        assert first.cancelled
        assert not second.closed

    asyncio.run(run())


def test_a_second_try_that_loses_is_cancelled() -> None:
    async def run() -> None:
        first, second = Runner("first"), Runner("second")
        racing = asyncio.create_task(race(first.run(), second.run, 0.0))
        await second.started.wait()
        first.may_end.set()
        assert (await racing).attempt.span_id == "first"
        assert second.cancelled

    asyncio.run(run())


def test_of_two_good_answers_at_once_one_is_closed() -> None:
    async def run() -> None:
        first, second = Runner("first"), Runner("second")
        racing = asyncio.create_task(race(first.run(), second.run, 0.0))
        await second.started.wait()
        first.may_end.set()
        second.may_end.set()
        assert (await racing).attempt.span_id == "first"
        assert (first.closed, second.closed) == (False, True)

    asyncio.run(run())


def test_a_failure_waits_for_the_other_try_and_two_failures_are_the_firsts() -> None:
    async def run(*, good: bool) -> Tried:
        first, second = Runner("first"), Runner("second")
        racing = asyncio.create_task(race(first.run(good=False), lambda: second.run(good=good), 0.0))
        await second.started.wait()
        first.may_end.set()
        await asyncio.sleep(0)
        second.may_end.set()
        return await racing

    assert asyncio.run(run(good=True)).attempt.span_id == "second"
    assert asyncio.run(run(good=False)).attempt.span_id == "first"


def test_when_no_second_try_is_allowed_the_first_is_waited_for() -> None:
    async def run() -> Tried:
        first = Runner("first")
        racing = asyncio.create_task(race(first.run(), lambda: None, 0.0))
        await first.started.wait()
        await asyncio.sleep(0.01)
        first.may_end.set()
        return await racing

    assert asyncio.run(run()).attempt.span_id == "first"


def test_when_the_client_leaves_both_tries_are_cancelled() -> None:
    async def run() -> None:
        first, second = Runner("first"), Runner("second")
        racing = asyncio.create_task(race(first.run(), second.run, 0.0))
        await second.started.wait()
        racing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await racing
        assert first.cancelled
        assert second.cancelled
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


def test_a_target_is_hedged_after_its_own_percentile_once_it_is_known() -> None:
    state, hedge = TargetState(), Hedge(percentile=90.0, min_samples=10)
    for _ in range(9):
        state.streamed.add(0.2)
    assert hedge_delay_s(hedge, state, streams=True) is None
    state.streamed.add(0.2)
    assert hedge_delay_s(hedge, state, streams=True) == pytest.approx(0.2, rel=0.03)
    assert hedge_delay_s(hedge, state, streams=False) is None

"""Pursuit: an exchange on its way through its candidates, until one answers well or nothing is left to try."""

import asyncio
from time import perf_counter_ns
from typing import Final

import msgspec

from lrcp.gateway.config import Timeouts
from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Reply
from lrcp.gateway.resilience.decision import Situation, Step, plan_next, tells_more
from lrcp.gateway.resilience.hedging import Try, hedge_delay_s, race
from lrcp.gateway.resilience.manner import Manner
from lrcp.gateway.resilience.trying import Chosen, StreamEnd, Tried, Trier
from lrcp.kit.clock import Clock
from lrcp.model.policy.routing import Hedge

CIRCUIT_OPEN: Final = "circuit_open"
RESTING: Final = "resting"
HEDGE: Final = "hedge"


class Path:
    """Where one exchange stands. failed: what the client is told if nothing better comes; left: why the first was left."""

    __slots__ = ("deadline_s", "exchange", "failed", "failures_here", "left", "manner", "retries", "untried", "usual")

    def __init__(self, exchange: Exchange, manner: Manner, now_s: float) -> None:
        self.exchange = exchange
        self.manner = manner
        self.usual = manner.timeouts(streams=exchange.call.streams)
        self.deadline_s = now_s + self.usual.whole_s
        self.untried = list(exchange.candidates)
        self.retries = 0
        self.failures_here = 0
        self.failed: Tried | None = None
        self.left = ""

    def timeouts(self, now_s: float) -> Timeouts:
        """Those of a later try: what is left of the whole is its whole."""
        left_s = max(0.0, self.deadline_s - now_s)
        return msgspec.structs.replace(self.usual, whole_s=left_s)

    async def keep(self, tried: Tried) -> None:
        """Keep a failure, or the one before it, whichever tells the client more; close the other."""
        before, self.failed = self.failed, tried
        assert tried.rule is not None
        if self.left in ("", HEDGE):
            self.left = tried.rule.name
        if before is not None and before.rule is not None:
            if not tells_more(tried.rule, before.rule):
                self.failed, before = before, tried
            await before.discard()


class Pursuer:
    """Follows the decision table. The usual case, a first try that goes well, must cost next to nothing."""

    def __init__(self, trier: Trier, clock: Clock) -> None:
        self._trier = trier
        self._clock = clock

    async def pursue(self, exchange: Exchange, manner: Manner) -> Reply:
        """Returns: a good answer, or the provider's own word for why there is none.

        Raises: UpstreamError, InputError - of the try that tells most; RefusedError - every circuit is open.
        """
        now_s = self._clock.monotonic_s()
        path = Path(exchange, manner, now_s)
        chosen = self._choose(path, now_s)
        if chosen is None:
            raise self._refuse(path, now_s)
        if manner.retries is not None:
            chosen.state.retries.deposit(manner.retries.budget_ratio)
        if manner.hedge is None:
            tried = await self._try(path, chosen, path.usual)
        else:
            tried = await self._try_hedged(path, chosen, manner.hedge)
        if tried.rule is None:
            return self._hand_over(path, tried)
        return await self._recover(path, tried)

    async def _recover(self, path: Path, tried: Tried) -> Reply:
        try:
            while tried.rule is not None:
                await path.keep(tried)
                chosen = await self._choose_after(path, tried)
                if chosen is None:
                    return self._give_up(path, tried)
                tried = await self._try(path, chosen, path.timeouts(self._clock.monotonic_s()))
        except BaseException:
            if path.failed is not None:
                await path.failed.discard()
            raise
        if path.failed is not None:
            await path.failed.discard()
        return self._hand_over(path, tried)

    def _choose(self, path: Path, now_s: float) -> Chosen | None:
        """The best candidate not tried yet whose circuit lets a call through; one that rests only if no other does."""
        resting = []
        for place, target in enumerate(path.untried):
            if self._trier.rests(target, now_s):
                resting.append(target)
            elif (chosen := self._trier.choose(target, path.manner, now_s)) is not None:
                del path.untried[place]
                return self._note_first(path, chosen, RESTING if resting else CIRCUIT_OPEN)
        for target in resting:
            if (chosen := self._trier.choose(target, path.manner, now_s)) is not None:
                path.untried.remove(target)
                return self._note_first(path, chosen, CIRCUIT_OPEN)
        return None

    def _note_first(self, path: Path, chosen: Chosen, why: str) -> Chosen:
        """Note why the best candidate was passed over, if it was."""
        if not path.left and chosen.target is not path.exchange.candidates[0]:
            path.left = why
        path.failures_here = 0
        return chosen

    async def _try(self, path: Path, chosen: Chosen, timeouts: Timeouts) -> Tried:
        exchange = path.exchange
        try:
            return await self._trier.attempt(exchange, chosen, path.manner, timeouts)
        finally:
            exchange.upstream_ns += exchange.attempts[-1].upstream_ns

    async def _try_hedged(self, path: Path, chosen: Chosen, hedge: Hedge) -> Tried:
        exchange, manner = path.exchange, path.manner
        chosen.state.hedges.deposit(hedge.max_ratio)
        delay_s = hedge_delay_s(hedge, chosen.state, streams=exchange.call.streams)
        if delay_s is None:
            return await self._try(path, chosen, path.usual)

        def make_second() -> Try | None:
            return self._make_second(path, chosen)

        begun_tick = perf_counter_ns()
        winner = await race(self._trier.attempt(exchange, chosen, manner, path.usual), make_second, delay_s)
        exchange.upstream_ns += winner.attempt.started_tick - begun_tick + winner.attempt.upstream_ns
        if len(exchange.attempts) > 1:
            exchange.notes["hedged"] = "won" if winner.attempt.hedge else "lost"
            exchange.attempts.sort(key=lambda attempt: attempt is winner.attempt)  # who answered is told last
            exchange.target = winner.chosen.target
        return winner

    def _make_second(self, path: Path, first: Chosen) -> Try | None:
        """A try beside the first: at the next candidate, or at the same target where there is no other."""
        now_s = self._clock.monotonic_s()
        if not first.state.hedges.withdraw(now_s):
            return None
        path.left = path.left or HEDGE
        second = self._choose(path, now_s) or self._trier.choose(first.target, path.manner, now_s)
        if second is None:
            return None
        return self._trier.attempt(path.exchange, second, path.manner, path.timeouts(now_s), hedge=True)

    async def _choose_after(self, path: Path, tried: Tried) -> Chosen | None:
        """Where to go after a failure, once the time for it has come; None when it is over."""
        step = self._plan(path, tried)
        if step.move == "give_up":
            return None
        if step.move == "again":
            await self._wait(path.exchange, step.wait_s)
            path.retries += 1
            again = self._trier.choose(tried.chosen.target, path.manner, self._clock.monotonic_s())
            if again is not None:
                return again
        return self._choose(path, self._clock.monotonic_s())

    def _plan(self, path: Path, tried: Tried) -> Step:
        assert tried.rule is not None
        manner, now_s = path.manner, self._clock.monotonic_s()
        path.failures_here += 1
        free = [target for target in path.untried if self._trier.lets_through(target, manner, now_s)]
        now = Situation(
            retry_after_s=tried.retry_after_s,
            retries_left=manner.max_retries - path.retries,
            other=bool(free),
            other_rested=any(not self._trier.rests(target, now_s) for target in free),
            jitter_s=manner.backoff.delay_s(path.failures_here),
            left_s=path.deadline_s - now_s,
        )
        step = plan_next(tried.rule, now, manner.retries)
        if step.move == "again" and not tried.chosen.state.retries.withdraw(now_s):
            path.exchange.notes["retry_budget"] = "spent"
            step = plan_next(tried.rule, msgspec.structs.replace(now, retries_left=0), manner.retries)
        return step

    async def _wait(self, exchange: Exchange, seconds: float) -> None:
        """Time that the provider's trouble costs, not the gateway."""
        begun_tick = perf_counter_ns()
        try:
            await asyncio.sleep(seconds)
        finally:
            exchange.upstream_ns += perf_counter_ns() - begun_tick

    def _hand_over(self, path: Path, tried: Tried) -> Reply:
        assert tried.reply is not None
        self._note(path, tried)
        if tried.reply.stream is not None:
            path.exchange.on_done.append(StreamEnd(tried, self._clock))
        return tried.reply

    def _give_up(self, path: Path, last: Tried) -> Reply:
        failed = path.failed or last
        self._note(path, failed)
        if failed.error is not None:
            raise failed.error
        assert failed.reply is not None
        return failed.reply

    def _note(self, path: Path, told: Tried) -> None:
        """Tell telemetry what was done."""
        exchange = path.exchange
        exchange.target = told.chosen.target
        if path.retries:
            exchange.notes["retries"] = str(path.retries)
        if told.chosen.target is not exchange.candidates[0]:
            exchange.notes["fallback"] = path.left

    def _refuse(self, path: Path, now_s: float) -> RefusedError:
        exchange = path.exchange
        exchange.target = exchange.candidates[0]
        exchange.notes["circuit"] = "open"
        wait_s = min(self._trier.opens_in_s(target, path.manner, now_s) for target in exchange.candidates)
        names = ", ".join(target.name for target in exchange.candidates)
        message = (
            f"no call is made to {names[:300]} for now, too many of the last ones failed: try again in {wait_s:.1f} s"
        )
        return RefusedError(message, status=503, kind="server_error", code=CIRCUIT_OPEN, retry_after_s=wait_s)

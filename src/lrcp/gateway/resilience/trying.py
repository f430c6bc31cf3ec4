"""One try at one target: its permit, its times, its first token, and what it tells about the target."""

from time import perf_counter_ns
from typing import Final, NamedTuple

import msgspec

from lrcp.gateway.config import Timeouts
from lrcp.gateway.errors import describe_error
from lrcp.gateway.exchange import Attempt, AttemptHandler, Exchange, Outcome, Reply, Target
from lrcp.gateway.resilience.beginning import await_first_token, require_json
from lrcp.gateway.resilience.decision import Rule, breaks, classify_error, classify_status
from lrcp.gateway.resilience.manner import Manner
from lrcp.gateway.resilience.state import ResilienceState, TargetState
from lrcp.gateway.resilience.waiting import find_retry_after_s
from lrcp.kit.breaker import CircuitBreaker
from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError
from lrcp.model.ids import new_span_id

_NS_PER_S: Final = 1e9


class Chosen(NamedTuple):
    """A target whose circuit lets a call through. permit must be given back; breaker is None where there is none."""

    target: Target
    state: TargetState
    breaker: CircuitBreaker | None
    permit: int


class Tried(msgspec.Struct):
    """What a try came to. rule: None when it went well. Of reply and error exactly one is there."""

    attempt: Attempt
    chosen: Chosen
    rule: Rule | None
    reply: Reply | None = None
    error: LrcpError | None = None
    retry_after_s: float | None = None

    async def discard(self) -> None:
        """Close an answer that nobody gets."""
        self.attempt.ended_tick = self.attempt.ended_tick or perf_counter_ns()
        if self.reply is not None and self.reply.stream is not None:
            await self.reply.stream.aclose()


class Trier:
    """Makes tries. max_event_bytes bounds what is kept of a stream before its first token."""

    def __init__(self, handler: AttemptHandler, state: ResilienceState, clock: Clock, max_event_bytes: int) -> None:
        self._handler = handler
        self._state = state
        self._clock = clock
        self._max_event_bytes = max_event_bytes

    def choose(self, target: Target, manner: Manner, now_s: float) -> Chosen | None:
        """Take a permit for a target; None when its circuit is open."""
        state = self._state.of(target.name)
        if manner.breaker is None:
            return Chosen(target, state, None, 0)
        breaker = state.breaker(manner.breaker)
        permit = breaker.acquire(now_s)
        return None if permit is None else Chosen(target, state, breaker, permit)

    def rests(self, target: Target, now_s: float) -> bool:
        """Whether a target asked to be left alone for now."""
        return self._state.of(target.name).rests(now_s)

    def lets_through(self, target: Target, manner: Manner, now_s: float) -> bool:
        """Whether its circuit would let a call through."""
        return self.opens_in_s(target, manner, now_s) <= 0

    def opens_in_s(self, target: Target, manner: Manner, now_s: float) -> float:
        """Seconds until its circuit lets a call through."""
        if manner.breaker is None:
            return 0.0
        return self._state.of(target.name).breaker(manner.breaker).opens_in_s(now_s)

    async def attempt(
        self, exchange: Exchange, chosen: Chosen, manner: Manner, timeouts: Timeouts, *, hedge: bool = False
    ) -> Tried:
        """Make one try. Every failure that the table knows is a Tried; what is raised ends the exchange."""
        attempt = begin_attempt(exchange, chosen.target, self._clock, timeouts, hedge=hedge)
        try:
            tried = await self._ask(exchange, attempt, chosen, manner)
        except BaseException:
            if chosen.breaker is not None:
                chosen.breaker.release(chosen.permit)
            attempt.ended_tick = perf_counter_ns()
            raise
        self._learn(exchange, tried)
        return tried

    async def _ask(self, exchange: Exchange, attempt: Attempt, chosen: Chosen, manner: Manner) -> Tried:
        try:
            reply = await self._handler(exchange, attempt)
            attempt.status = reply.status
            status = await self._look_at(exchange, attempt, reply)
        except LrcpError as error:
            attempt.error = (describe_error(error)[2], str(error))
            return Tried(attempt, chosen, classify_error(error), error=error)
        if status < 400:
            return Tried(attempt, chosen, None, reply)
        kind, message = exchange.format.error_of(reply.body)
        attempt.error = (kind or f"http_{status}", message)
        wait_s = find_retry_after_s(reply.headers, reply.body, self._clock.now_ns() / _NS_PER_S)
        return Tried(attempt, chosen, classify_status(status, manner.statuses), reply, retry_after_s=wait_s)

    async def _look_at(self, exchange: Exchange, attempt: Attempt, reply: Reply) -> int:
        """The status that an answer really has, once a stream has begun and a whole one is known to be JSON."""
        if reply.stream is None:
            if reply.status < 300:
                require_json(reply, attempt.target.upstream.name)
            return reply.status
        begun_tick = perf_counter_ns()
        try:
            return await await_first_token(
                reply.stream,
                exchange.format,
                first_token_s=attempt.timeouts.first_byte_s if attempt.timeouts else Timeouts().first_byte_s,
                spent_s=(begun_tick - attempt.started_tick) / _NS_PER_S,
                max_event_bytes=self._max_event_bytes,
            )
        except BaseException:
            await reply.stream.aclose()
            raise
        finally:
            attempt.upstream_ns += perf_counter_ns() - begun_tick

    def _learn(self, exchange: Exchange, tried: Tried) -> None:
        """Tell the target's circuit and its times what came of a try."""
        attempt, chosen, rule = tried.attempt, tried.chosen, tried.rule
        now_tick, now_s = perf_counter_ns(), self._clock.monotonic_s()
        streams = rule is None and tried.reply is not None and tried.reply.stream is not None
        if not streams:
            attempt.ended_tick = now_tick
        ok = rule is None or not rule.counts
        if chosen.breaker is not None:
            chosen.breaker.record(chosen.permit, ok=ok, now_s=now_s)
        if rule is not None:
            chosen.state.bad += not ok
            if rule.rests:
                chosen.state.rest(tried.retry_after_s, now_s)
            return
        chosen.state.good += 1
        times = chosen.state.streamed if exchange.call.streams else chosen.state.whole
        times.add((now_tick - attempt.started_tick) / _NS_PER_S)


class StreamEnd:
    """Told the end of a stream that had begun well; one that broke off afterwards counts against its target."""

    __slots__ = ("_clock", "_tried")

    def __init__(self, tried: Tried, clock: Clock) -> None:
        self._tried = tried
        self._clock = clock

    def __call__(self, outcome: Outcome) -> None:
        if outcome.cancelled or not breaks(outcome.error):
            return
        chosen, now_s = self._tried.chosen, self._clock.monotonic_s()
        self._tried.attempt.error = (outcome.error, "the stream broke off after its first token")
        chosen.state.bad += 1
        if chosen.breaker is not None and chosen.breaker.state(now_s) == "closed":
            permit = chosen.breaker.acquire(now_s)
            if permit is not None:
                chosen.breaker.record(permit, ok=False, now_s=now_s)


def begin_attempt(
    exchange: Exchange, target: Target, clock: Clock, timeouts: Timeouts, *, hedge: bool = False
) -> Attempt:
    """A new try, noted on its exchange."""
    attempt = Attempt(
        number=len(exchange.attempts) + 1,
        target=target,
        span_id=new_span_id(),
        started_ns=clock.now_ns(),
        started_tick=perf_counter_ns(),
        format=exchange.format,
        timeouts=timeouts,
        hedge=hedge,
    )
    exchange.attempts.append(attempt)
    exchange.target = target
    return attempt

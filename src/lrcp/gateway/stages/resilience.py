"""Resilience: the tries that a call is worth. This first version makes one, at the best candidate."""

from os import urandom
from time import perf_counter_ns

from lrcp.gateway.errors import UpstreamError, describe_error
from lrcp.gateway.exchange import Attempt, AttemptHandler, Exchange, Handler, Reply, Target
from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError


def make_resilience_stage(attempt_handler: AttemptHandler, clock: Clock) -> Handler:
    """The last handler of the chain."""

    async def call(exchange: Exchange) -> Reply:
        if not exchange.candidates:
            raise UpstreamError("no stage chose a provider", code="no_target", status=500)
        attempt = begin_attempt(exchange, exchange.candidates[0], clock)
        try:
            reply = await attempt_handler(exchange, attempt)
        except LrcpError as error:
            attempt.error = (describe_error(error)[2], str(error))
            raise
        finally:
            attempt.ended_tick = perf_counter_ns()
            exchange.upstream_ns += attempt.upstream_ns
        attempt.status = reply.status
        return reply

    return call


def begin_attempt(exchange: Exchange, target: Target, clock: Clock) -> Attempt:
    """A new try, noted on its exchange."""
    attempt = Attempt(
        number=len(exchange.attempts) + 1,
        target=target,
        span_id=urandom(8).hex(),
        started_ns=clock.now_ns(),
        started_tick=perf_counter_ns(),
        format=exchange.format,
    )
    exchange.attempts.append(attempt)
    exchange.target = target
    return attempt

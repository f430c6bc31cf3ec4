"""Resilience: the last stage. It makes the tries that a call is worth, one by one or two side by side."""

from collections.abc import Callable, Mapping
from time import perf_counter_ns

from lrcp.gateway.config import Timeouts
from lrcp.gateway.errors import UpstreamError, describe_error
from lrcp.gateway.exchange import AttemptHandler, Exchange, Handler, Reply
from lrcp.gateway.resilience.manner import make_manner
from lrcp.gateway.resilience.pursuit import Pursuer
from lrcp.gateway.resilience.state import ResilienceState
from lrcp.gateway.resilience.trying import Trier, begin_attempt
from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError
from lrcp.model.policy.routing import Resilience


def make_resilience_stage(
    section: Resilience | None,
    of_routes: Mapping[str, Resilience],
    state: ResilienceState,
    handler: AttemptHandler,
    *,
    timeouts: Timeouts,
    max_event_bytes: int,
    clock: Clock,
    chance: Callable[[], float],
) -> Handler:
    """The last handler of the chain.

    Args:
        section: the policy's own; None makes one try at the best candidate, and looks at nothing.
        of_routes: by name of the route, what replaces it there.
        timeouts: the gateway's, where the policy says nothing. chance: numbers in [0, 1), for the jitter.
    """
    usual = make_manner(section, timeouts, chance) if section is not None else None
    manners = {name: make_manner(own, timeouts, chance) for name, own in of_routes.items()}
    settings = {manner.breaker for manner in (usual, *manners.values()) if manner and manner.breaker}
    pursuer = Pursuer(Trier(handler, state, clock, max_event_bytes), clock)
    in_force = False

    async def call(exchange: Exchange) -> Reply:
        nonlocal in_force
        if not in_force:  # only now: a policy that is refused or tried dry changes nothing
            in_force = True
            state.keep(settings)
        if not exchange.candidates:
            raise UpstreamError("no stage chose a provider", code="no_target", status=500)
        manner = manners.get(exchange.route, usual)
        if manner is None:
            return await _call_once(exchange, handler, clock, timeouts)
        return await pursuer.pursue(exchange, manner)

    return call


async def _call_once(exchange: Exchange, handler: AttemptHandler, clock: Clock, timeouts: Timeouts) -> Reply:
    attempt = begin_attempt(exchange, exchange.candidates[0], clock, timeouts)
    try:
        reply = await handler(exchange, attempt)
    except LrcpError as error:
        attempt.error = (describe_error(error)[2], str(error))
        raise
    finally:
        attempt.ended_tick = perf_counter_ns()
        exchange.upstream_ns += attempt.upstream_ns
    attempt.status = reply.status
    return reply

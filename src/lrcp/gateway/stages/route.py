"""Route: which targets a call may go to, and which get a shadow copy of it."""

from dataclasses import replace
from time import perf_counter_ns

from lrcp.gateway.background import Background
from lrcp.gateway.exchange import Exchange, Handler, Reply, Stage, Target
from lrcp.gateway.routing.routes import Routes
from lrcp.gateway.tracecontext import TraceContext
from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError
from lrcp.model.ids import new_span_id

ROUTE_SHADOW = "shadow"


def make_route_stage(routes: Routes, call_shadow: Handler, background: Background, clock: Clock) -> Stage:
    """The stage of a policy's routes. call_shadow handles copies from the meter inward, without cache or limits."""

    async def route(exchange: Exchange, proceed: Handler) -> Reply:
        decision = routes.decide(exchange)
        if decision is None:
            exchange.candidates = (routes.find_direct(exchange.call.model),)
            return await proceed(exchange)
        exchange.route, exchange.candidates = decision.route, decision.candidates
        if decision.shadow is not None:
            copy = make_shadow(exchange, decision.shadow, clock)
            background.begin(lambda: _drain(copy, call_shadow), f"shadow of {exchange.trace.trace_id}")
        return await proceed(exchange)

    return route


def make_shadow(exchange: Exchange, target: Target, clock: Clock) -> Exchange:
    """A copy of an exchange for another target: a span of its own below the original's, no promises to keep."""
    return replace(
        exchange,
        trace=TraceContext(exchange.trace.trace_id, new_span_id(), exchange.trace.span_id),
        started_ns=clock.now_ns(),
        started_tick=perf_counter_ns(),
        candidates=(target,),
        target=None,
        route=ROUTE_SHADOW,
        cache="",
        attempts=[],
        upstream_ns=0,
        notes={"shadow": "true", "shadow_of": exchange.route},
        reply_headers=[],
        on_done=[],
    )


async def _drain(copy: Exchange, handler: Handler) -> None:
    """Take the whole answer and throw it away; what went wrong is told by the copy's own span."""
    try:
        reply = await handler(copy)
        if reply.stream is not None:
            try:
                async for _ in reply.stream:
                    pass
            finally:
                await reply.stream.aclose()
    except LrcpError:
        return

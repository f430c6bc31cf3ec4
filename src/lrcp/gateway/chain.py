"""The stages of a call to a model, outermost first. This list is the gateway."""

from collections.abc import Callable

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.exchange import Handler, compose_stages
from lrcp.gateway.stages.meter import make_meter_stage
from lrcp.gateway.stages.route import make_route_stage
from lrcp.gateway.upstream import UpstreamClient
from lrcp.model.span import Span


def make_call_handler(
    config: GatewayConfig, book: PriceBook, client: UpstreamClient, emit: Callable[[Span], None]
) -> Handler:
    """The handler of every call to a model."""
    stages = (
        make_meter_stage(book, config.limits, emit),
        # authentication: whose key is it
        # limits: requests, tokens, calls in progress
        # budgets: dollars, reserved before and settled after
        # degradation: the ladder's step of now
        # guard: evaluators before and after the call
        # cache: exact, then semantic
        make_route_stage(config),
        # resilience: retries, circuit breakers, fallback, hedging
        # faults: the ones injected on purpose
    )
    return compose_stages(stages, client.call)

"""Route: which targets a call may go to."""

from collections.abc import Mapping

from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.exchange import Exchange, Handler, Reply, Stage, Target
from lrcp.gateway.providers import Upstream
from lrcp.model.errors import InputError

DEFAULT_MODEL = "default"
"""The model name that stands for the gateway's own choice, so that an application need not name one."""


def make_route_stage(config: GatewayConfig, upstreams: Mapping[str, Upstream]) -> Stage:
    """The stage for a gateway's providers."""
    default = upstreams[config.default_provider]
    default_model = config.default_model or default.provider.default_model

    async def route(exchange: Exchange, proceed: Handler) -> Reply:
        exchange.candidates = (find_target(exchange.call.model, upstreams, default, default_model),)
        return await proceed(exchange)

    return route


def find_target(model: str, upstreams: Mapping[str, Upstream], default: Upstream, default_model: str) -> Target:
    """Where a model's name leads: `provider/model` to that provider, every other name to the default one.

    A prefix counts only where it can be meant: behind an address of the operator's own (an aggregator, whose models
    have names such as openai/gpt-4o) it does so only for providers that this gateway holds a key for.
    Raises: InputError - no model is named, and none is set for 'default'.
    """
    if model in ("", DEFAULT_MODEL):
        if not default_model:
            raise InputError(
                "the request names no model: give one in 'model', or set LRCP_UPSTREAM_MODEL on the gateway"
            )
        return Target(default, default_model)
    head, slash, tail = model.partition("/")
    named = upstreams.get(head) if slash and tail else None
    if named is not None and (named is default or named.has_key or default.name != "url"):
        return Target(named, tail)
    return Target(default, model)

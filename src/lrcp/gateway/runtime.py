"""Runtime: what of a gateway outlives a policy - connections, counters, caches - by name of what it belongs to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import environ
from random import Random

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.background import Background
from lrcp.gateway.cache.runtime import CacheRuntime
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.ports import Part, Ports
from lrcp.gateway.resilience.state import ResilienceState
from lrcp.gateway.routing.routes import ModelRouter
from lrcp.gateway.upstream import UpstreamClient
from lrcp.kit.clock import Clock
from lrcp.model.span import Span


@dataclass(slots=True, kw_only=True)
class Runtime:
    """One gateway process. emit takes finished spans and must not block; random decides weights and samples.

    routers: the learned routers that a route may name.
    """

    config: GatewayConfig
    book: PriceBook
    client: UpstreamClient
    emit: Callable[[Span], None]
    clock: Clock
    ports: Ports = field(default_factory=Ports)
    routers: Mapping[str, ModelRouter] = field(default_factory=dict)
    random: Random = field(default_factory=Random)
    background: Background = field(default_factory=Background)
    environ: dict[str, str] = field(default_factory=lambda: dict(environ))
    resilience: ResilienceState = field(init=False)
    cache: CacheRuntime = field(init=False)

    def __post_init__(self) -> None:
        self.resilience = ResilienceState(self.clock)
        self.cache = CacheRuntime(self.clock)

    def parts(self) -> dict[str, Part]:
        """What is started before the first request and stopped, last first, after the last one; told in /health by name."""
        return {**self.ports.parts, "background": self.background, "cache": self.cache}

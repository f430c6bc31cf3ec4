"""Runtime: what of a gateway outlives a policy - connections, counters, caches - by name of what it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from os import environ
from random import Random

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.resilience.state import ResilienceState
from lrcp.gateway.upstream import UpstreamClient
from lrcp.kit.clock import Clock
from lrcp.model.span import Span


@dataclass(slots=True, kw_only=True)
class Runtime:
    """One gateway process. emit takes finished spans and must not block; random decides weights and samples."""

    config: GatewayConfig
    book: PriceBook
    client: UpstreamClient
    emit: Callable[[Span], None]
    clock: Clock
    random: Random = field(default_factory=Random)
    environ: dict[str, str] = field(default_factory=lambda: dict(environ))
    resilience: ResilienceState = field(init=False)

    def __post_init__(self) -> None:
        self.resilience = ResilienceState(self.clock)

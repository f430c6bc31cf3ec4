"""Runtime: what of a gateway outlives a policy - connections, counters, caches - by name of what it belongs to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from os import environ
from random import Random

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.background import Background
from lrcp.gateway.budgets.keeper import BudgetKeeper
from lrcp.gateway.cache.runtime import CacheRuntime
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.guards.asking import GuardState
from lrcp.gateway.keys.follower import KeyFollower
from lrcp.gateway.ladder.state import LadderState
from lrcp.gateway.limits.state import LimitState
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
    keys: KeyFollower = field(init=False)
    limits: LimitState = field(init=False)
    budgets: BudgetKeeper | None = field(init=False)
    ladder: LadderState = field(init=False)
    guards: GuardState = field(default_factory=GuardState)

    def __post_init__(self) -> None:
        self.resilience = ResilienceState(self.clock)
        self.cache = CacheRuntime(self.clock)
        self.keys = KeyFollower(self.ports.key_source)
        self.limits = LimitState(self.ports.open_cells)
        ledger = self.ports.ledger
        self.budgets = BudgetKeeper(ledger, self.clock, self.ports.journal_folder) if ledger is not None else None
        self.ladder = LadderState(self.clock)

    def parts(self) -> dict[str, Part]:
        """What is started before the first request and stopped, last first, after the last one; told in /health by name."""
        own: dict[str, Part] = {
            "background": self.background,
            "cache": self.cache,
            "keys": self.keys,
            "limits": self.limits,
            "ladder": self.ladder,
            "guards": self.guards,
        }
        if self.budgets is not None:
            own["budgets"] = self.budgets
        return {**self.ports.parts, **own}

"""What a policy would have decided about each request that was, in the order of the gateway's stages."""

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Final

import msgspec

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.exchange import Exchange
from lrcp.gateway.providers import PROVIDERS, Provider, Upstream
from lrcp.gateway.replay.past import PastRequest, make_exchange
from lrcp.gateway.replay.windows import BudgetReplay, LimitReplay
from lrcp.gateway.routing.choice import hash_ratio
from lrcp.gateway.routing.routes import compile_routes
from lrcp.gateway.routing.targets import Directory
from lrcp.gateway.scope import Matches, compile_patterns, compile_scope
from lrcp.gateway.simulated.models import models_of
from lrcp.model.policy.admission import LadderStep
from lrcp.model.policy.caching import ExactCache
from lrcp.model.policy.document import Policy
from lrcp.model.policy.routing import ProviderSettings

_SIMULATED: Final = "simulated"
_MAX_REMEMBERED: Final = 100_000


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one request. target: `provider/model`, '' when it goes nowhere; route as in the span.

    refused: '', or what refuses it: `limit:name`, `budget:name`, `shed`. cached: an exact duplicate was answered within
    the time that answers are kept. guards: those that are asked about it. cost_nusd: None when the price is unknown.
    """

    target: str = ""
    route: str = ""
    refused: str = ""
    cached: bool = False
    guards: tuple[str, ...] = ()
    cost_nusd: int | None = 0


class Replay:
    """One policy. Requests must be given in the order of their start; each counts for those after it."""

    def __init__(self, policy: Policy, book: PriceBook) -> None:
        """Raises: InputError - a route that cannot be made ready, such as one with an unknown router."""
        self._policy = policy
        self._book = book
        self._chance = _Chance()
        self._upstreams = stand_ins(policy.providers)
        directory = Directory(upstreams=self._upstreams, default=self._upstreams["local"])
        self._directory = directory
        self._routes = compile_routes(policy.routes, directory, _AnyRouter(policy), lambda name: True, self._chance)
        self._limits = [LimitReplay(limit) for limit in policy.limits]
        self._budgets = [BudgetReplay(budget) for budget in policy.budgets]
        self._guards = [(guard.name, compile_scope(guard.match)) for guard in policy.guards]
        self._steps = policy.ladder.steps[: policy.ladder.at_step or 0] if policy.ladder is not None else ()
        self._cache = _ExactReplay(_exact_cache(policy, self._steps))

    def decide(self, request: PastRequest) -> Verdict:
        """The verdict on the next request."""
        exchange = make_exchange(request)
        self._chance.begin(request.trace_id + request.span_id)
        if refusing := next((limit.name for limit in self._limits if limit.refuses(exchange)), ""):
            return Verdict(refused=f"limit:{refusing}")
        if self._sheds(exchange):
            return Verdict(refused="shed")
        guards = tuple(name for name, matches in self._guards if matches is None or matches(exchange))
        route, target = self._find_target(exchange, request)
        if self._cache.answers(exchange, request):
            verdict = Verdict(target=target, route=route, cached=True, guards=guards)
        else:
            verdict = self._spend(exchange, request, Verdict(target=target, route=route, guards=guards))
        if not verdict.refused:
            for limit in self._limits:
                limit.count(exchange, request)
        return verdict

    def _spend(self, exchange: Exchange, request: PastRequest, verdict: Verdict) -> Verdict:
        cost_nusd = self._price(request, verdict.target)
        for budget in self._budgets:
            if budget.objects(exchange, cost_nusd):
                return Verdict(refused=f"budget:{budget.name}", guards=verdict.guards)
        for budget in self._budgets:
            budget.count(exchange, cost_nusd)
        self._cache.keep(exchange, request)
        return msgspec.structs.replace(verdict, cost_nusd=cost_nusd)

    def _sheds(self, exchange: Exchange) -> bool:
        return any(step.do == "shed" and exchange.caller.priority in step.priorities for step in self._steps)

    def _find_target(self, exchange: Exchange, request: PastRequest) -> tuple[str, str]:
        """Route and target. Where the policy leads nowhere by itself, the request goes where it went."""
        for step in self._steps:
            if step.do == "smaller_model" and compile_patterns(step.models)(exchange.call.model):
                return request.route, self._named(step.to, exchange.call.model)
        decision = self._routes.decide(exchange)
        if decision is not None:
            first = decision.candidates[0]
            return decision.route, f"{first.upstream.system}/{first.model}"
        head, slash, tail = exchange.call.model.partition("/")
        if slash and tail and head in self._upstreams:
            return "direct", self._named(exchange.call.model, "")
        if self._policy.default_target:
            return "direct", self._named(self._policy.default_target, exchange.call.model)
        return request.route, request.target

    def _named(self, target: str, requested: str) -> str:
        found = self._directory.find_target(target, requested)
        return f"{found.upstream.system}/{found.model}"

    def _price(self, request: PastRequest, target: str) -> int | None:
        """What it cost where it went; elsewhere the same tokens at that model's price."""
        if target == request.target and not request.cache.startswith(("exact", "semantic")):
            return 0 if request.failed and request.cost_nusd is None else request.cost_nusd
        provider, _, model = target.partition("/")
        if provider == _SIMULATED:
            return self._price_simulated(model, request)
        return self._book.price_generation(provider, model, request.usage, request.start_ns).nusd

    def _price_simulated(self, model: str, request: PastRequest) -> int | None:
        declared = models_of(self._policy.simulation).get(model)
        if declared is None:
            return None
        dollars_per_mtok = (declared.input_usd_per_mtok, declared.output_usd_per_mtok)
        tokens = (request.usage.input_tokens or 0, request.usage.output_tokens or 0)
        return round(sum(price * 1000 * number for price, number in zip(dollars_per_mtok, tokens, strict=True)))


def stand_ins(declared: Mapping[str, ProviderSettings]) -> dict[str, Upstream]:
    """An upstream for each provider that a policy may name, without address or key: nothing is sent."""
    rows = {provider.name: provider for provider in PROVIDERS}
    for name, settings in declared.items():
        like = rows.get(settings.like or name)
        rows[name] = Provider(name=name, endpoints={}, system=like.system if like is not None else name)
    return {
        name: Upstream(provider=row, name=name, endpoints={}, system=row.system or name) for name, row in rows.items()
    }


class _AnyRouter(dict[str, "_AnyRouter"]):
    """Stands for every router that the policy names: each leaves the choice to the weights."""

    def __init__(self, policy: Policy) -> None:
        super().__init__({route.router: self for route in policy.routes})

    def choose(self, exchange: Exchange, targets: object) -> int | None:
        return None


class _Chance:
    """Numbers in (0, 1) that a request always gets, so that two policies are compared on the same luck."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, seed: str) -> None:
        self._seed, self._number = seed, count()

    def __call__(self) -> float:
        return hash_ratio(f"{self._seed}\0{next(self._number)}")


def _exact_cache(policy: Policy, steps: Iterable[LadderStep]) -> ExactCache | None:
    forced = any(step.do == "cache_exact" for step in steps)
    given = policy.cache.exact
    if forced:
        return given or ExactCache()
    return given if given is not None and given.enabled else None


class _ExactReplay:
    """Duplicates by what was asked, of which model, by whom; a cache of size without end, within a bound of memory."""

    def __init__(self, cache: ExactCache | None) -> None:
        self._cache = cache
        self._matches: Matches | None = compile_scope(cache.match) if cache is not None else None
        self._kept: dict[tuple[str, str, int], int] = {}

    def answers(self, exchange: Exchange, request: PastRequest) -> bool:
        """Whether the same was answered not too long ago."""
        if self._cache is None or (self._matches is not None and not self._matches(exchange)):
            return False
        kept_ns = self._kept.get(self._key(exchange, request))
        return kept_ns is not None and request.start_ns - kept_ns <= self._cache.ttl_s * 1e9

    def keep(self, exchange: Exchange, request: PastRequest) -> None:
        if self._cache is None or request.failed or (self._matches is not None and not self._matches(exchange)):
            return
        if len(self._kept) >= _MAX_REMEMBERED:
            self._kept.pop(next(iter(self._kept)))
        self._kept[self._key(exchange, request)] = request.start_ns

    def _key(self, exchange: Exchange, request: PastRequest) -> tuple[str, str, int]:
        assert self._cache is not None
        return _TENANT_OF[self._cache.tenant](exchange), exchange.call.model, request.question


_TENANT_OF: Final[dict[str, Callable[[Exchange], str]]] = {
    "key": lambda exchange: exchange.caller.key_id or exchange.caller.key_name,
    "team": lambda exchange: exchange.caller.team,
    "user": lambda exchange: exchange.caller.user,
    "session": lambda exchange: exchange.caller.session,
    "all": lambda exchange: "",
}

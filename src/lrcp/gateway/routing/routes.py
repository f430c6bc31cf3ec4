"""Routes of a policy, made ready at its load: which one takes a request, and in which order its targets are tried."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from lrcp.gateway.exchange import Exchange, Target
from lrcp.gateway.routing.choice import choose_by_chance, choose_for, hash_ratio, in_hours
from lrcp.gateway.routing.targets import DEFAULT_MODEL, Directory
from lrcp.gateway.scope import compile_patterns, compile_scope
from lrcp.model.errors import InputError
from lrcp.model.policy.routing import Condition, Route

_NS_PER_HOUR: Final = 3600 * 10**9
_MAX_KNOWN_MODELS: Final = 4096


class ModelRouter(Protocol):
    """What a route's `router` names: it chooses among the targets instead of their weights."""

    def choose(self, exchange: Exchange, targets: Sequence[Target]) -> int | None:
        """The index of the target to try first; None leaves it to the weights. Must not block or raise."""
        ...


class Decision(msgspec.Struct, frozen=True):
    """route: its name. candidates: targets, best first. shadow: where a copy goes to, None for none."""

    route: str
    candidates: tuple[Target, ...]
    shadow: Target | None = None


class CompiledRoute:
    """One route. healthy(target name) tells whether the circuit to a target is closed; chance gives numbers in [0, 1)."""

    def __init__(
        self,
        route: Route,
        directory: Directory,
        routers: Mapping[str, ModelRouter],
        healthy: Callable[[str], bool],
        chance: Callable[[], float],
    ) -> None:
        self.name = route.name
        self.takes_model = compile_patterns(route.models)
        self._route = route
        self._directory = directory
        self._healthy = healthy
        self._chance = chance
        self._holds = _compile_condition(route.when)
        self._names = tuple(target.to for target in route.targets)
        self._weights = tuple(target.weight for target in route.targets)
        self._router = _find_router(route, routers)
        for name in (*self._names, *route.fallback, *_extra_targets(route)):
            directory.find_target(name, "")  # refuses the policy now rather than a request later

    def holds(self, exchange: Exchange) -> bool:
        """Whether the route's condition is met."""
        if not all(test(exchange) for test in self._holds):
            return False
        return not self._route.when.healthy or any(
            self._healthy(target.name) for target in self._targets(exchange, self._names)
        )

    def decide(self, exchange: Exchange) -> Decision:
        """The targets for one request."""
        targets = self._targets(exchange, self._names)
        sticky_key = self._sticky_key(exchange)
        first = self._choose(exchange, targets, sticky_key)
        if self._route.fallback:
            others = self._targets(exchange, self._route.fallback)
        else:
            others = [target for index, target in enumerate(targets) if index != first and self._weights[index] > 0]
        candidates = [targets[first], *others]
        canary = self._route.canary
        if canary is not None and self._share(sticky_key, "canary") < canary.percent / 100:
            candidates.insert(0, self._directory.find_target(canary.to, exchange.call.model))
            exchange.notes["canary"] = "true"
        distinct = {target.name: target for target in candidates}
        return Decision(self.name, tuple(distinct.values()), self._find_shadow(exchange))

    def _targets(self, exchange: Exchange, names: Sequence[str]) -> list[Target]:
        return [self._directory.find_target(name, exchange.call.model) for name in names]

    def _choose(self, exchange: Exchange, targets: Sequence[Target], sticky_key: str) -> int:
        if self._router is not None and (chosen := self._router.choose(exchange, targets)) is not None:
            return chosen
        if len(targets) == 1:
            return 0
        if sticky_key:
            return choose_for(f"{self.name}\0{sticky_key}", self._names, self._weights)
        return choose_by_chance(self._weights, self._chance())

    def _sticky_key(self, exchange: Exchange) -> str:
        """'' where the route is not sticky, or the request has no such name: then chance decides."""
        caller = exchange.caller
        if self._route.sticky is None:
            return ""
        return {"session": caller.session, "user": caller.user, "key": caller.key_id}[self._route.sticky]

    def _share(self, sticky_key: str, what: str) -> float:
        return hash_ratio(f"{self.name}\0{what}\0{sticky_key}") if sticky_key else self._chance()

    def _find_shadow(self, exchange: Exchange) -> Target | None:
        shadow = self._route.shadow
        if shadow is None or self._chance() >= shadow.ratio:
            return None
        return self._directory.find_target(shadow.to, exchange.call.model)


class Routes:
    """All routes of a policy. decide takes the first that takes the model and whose condition holds."""

    def __init__(self, routes: Sequence[CompiledRoute], directory: Directory) -> None:
        self._routes = routes
        self._directory = directory
        self._by_model: dict[str, tuple[CompiledRoute, ...]] = {}

    def decide(self, exchange: Exchange) -> Decision | None:
        """The decision of a route; None when no route takes the request."""
        route = self._find(exchange)
        return route.decide(exchange) if route is not None else None

    def find_name(self, exchange: Exchange) -> str:
        """The name of the route that takes a request; '' when none does."""
        route = self._find(exchange)
        return route.name if route is not None else ""

    def _find(self, exchange: Exchange) -> CompiledRoute | None:
        for route in self._taking(exchange.call.model or DEFAULT_MODEL):
            if route.holds(exchange):
                return route
        return None

    def find_direct(self, model: str) -> Target:
        """Where a request goes that no route takes. Raises: InputError."""
        return self._directory.find_direct(model)

    def _taking(self, model: str) -> tuple[CompiledRoute, ...]:
        """The routes for a model's name; remembered, within a bound, as there are few names and may be many routes."""
        known = self._by_model.get(model)
        if known is None:
            known = tuple(route for route in self._routes if route.takes_model(model))
            if len(self._by_model) < _MAX_KNOWN_MODELS:
                self._by_model[model] = known
        return known


def compile_routes(
    routes: Sequence[Route],
    directory: Directory,
    routers: Mapping[str, ModelRouter],
    healthy: Callable[[str], bool],
    chance: Callable[[], float],
) -> Routes:
    """Routes ready to decide. Raises: InputError - a target or router that this gateway does not have, with its place."""
    compiled = []
    for number, route in enumerate(routes):
        try:
            compiled.append(CompiledRoute(route, directory, routers, healthy, chance))
        except InputError as error:
            raise InputError(f"$.routes[{number}] ({route.name}): {error}") from error
    return Routes(compiled, directory)


def _compile_condition(when: Condition) -> tuple[Callable[[Exchange], bool], ...]:
    tests: list[Callable[[Exchange], bool]] = []
    if (in_scope := compile_scope(when.match)) is not None:
        tests.append(in_scope)
    if (hours := when.hours) is not None:
        tests.append(lambda exchange: in_hours(exchange.started_ns // _NS_PER_HOUR % 24, hours))
    if (above := when.prompt_tokens_above) is not None:
        tests.append(lambda exchange: exchange.prompt_tokens() > above)
    if (below := when.prompt_tokens_below) is not None:
        tests.append(lambda exchange: exchange.prompt_tokens() < below)
    return tuple(tests)


def _find_router(route: Route, routers: Mapping[str, ModelRouter]) -> ModelRouter | None:
    if not route.router:
        return None
    if route.router not in routers:
        known = ", ".join(sorted(routers)) or "none"
        raise InputError(f"there is no router {route.router!r} in this gateway; registered: {known}")
    return routers[route.router]


def _extra_targets(route: Route) -> list[str]:
    return [extra.to for extra in (route.canary, route.shadow) if extra is not None]

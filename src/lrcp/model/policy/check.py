"""What the shape of a policy cannot say: names that occur twice, targets that lead nowhere, rules that can never hold."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from lrcp.model.policy.admission import Budget, Guard, Ladder, LadderStep, Limit
from lrcp.model.policy.caching import BUILTIN_EMBEDDINGS
from lrcp.model.policy.document import Policy
from lrcp.model.policy.faults import Fault
from lrcp.model.policy.routing import Condition, ProviderSettings, Resilience, Route
from lrcp.model.policy.shape import Found


def find_mistakes(policy: Policy, *, providers: Collection[str], guards: Collection[str] | None = None) -> list[Found]:
    """All that is wrong with the meaning of a policy, as (place, message).

    Args:
        providers: names of the providers that the gateway knows by itself; those of the policy are added.
        guards: names of registered guards; None when they are not known here, then any is taken.
    """
    targets = _Targets({*providers, *policy.providers})
    found: list[Found] = []
    for section in (policy.limits, policy.budgets, policy.guards, policy.routes, policy.faults):
        found += _find_twins(section, policy)
    for name, check in _SECTIONS.items():
        for number, item in enumerate(getattr(policy, name)):
            found += check(item, f"$.{name}[{number}]", targets)
    for name, settings in policy.providers.items():
        found += _check_provider(settings, f"$.providers.{name}", providers)
    if policy.ladder is not None:
        found += _check_ladder(policy.ladder, targets)
    if policy.cache.semantic is not None and policy.cache.semantic.embeddings != BUILTIN_EMBEDDINGS:
        embedders = _Targets({*providers, *policy.providers, BUILT_IN_EMBEDDER})
        found += embedders.check(policy.cache.semantic.embeddings, "$.cache.semantic.embeddings")
    if policy.default_target:
        found += targets.check(policy.default_target, "$.default_target")
    if policy.resilience is not None:
        found += _check_resilience(policy.resilience, "$.resilience")
    if guards is not None:
        found += _check_guard_names(policy.guards, guards)
    return found


BUILT_IN_EMBEDDER: Final = "builtin"
"""The provider of the semantic cache's embeddings that is in the gateway itself."""


class _Targets:
    """Targets are `provider/model`, of a provider that is known."""

    def __init__(self, providers: Collection[str]) -> None:
        self._providers = providers

    def check(self, target: str, place: str) -> Iterator[Found]:
        provider, _, model = target.partition("/")
        if not provider or not model:
            yield place, f"{target!r} is no target; write provider/model, such as openai/gpt-5-mini"
        elif provider not in self._providers:
            known = ", ".join(sorted(self._providers))
            yield place, f"the provider {provider!r} is not known; there are {known}, and those under `providers`"


def _find_twins(items: Sequence[Any], policy: Policy) -> Iterator[Found]:
    counts = Counter(item.name for item in items)
    section = next((name for name in policy.__struct_fields__ if getattr(policy, name) is items), "")
    for number, item in enumerate(items):
        if counts[item.name] > 1:
            yield f"$.{section}[{number}].name", f"{item.name!r} is used {counts[item.name]} times; names are unique"


def _check_limit(limit: Limit, place: str, _: _Targets) -> Iterator[Found]:
    if limit.requests is None and limit.tokens is None and limit.concurrent is None:
        yield place, "it limits nothing; give `requests`, `tokens` or `concurrent`"


def _check_budget(budget: Budget, place: str, _: _Targets) -> Iterator[Found]:
    if budget.usd > _MAX_USD:
        yield f"{place}.usd", f"a cap is at most {_MAX_USD:.0f} dollars"
    if budget.usd * 10**9 < 1:
        yield f"{place}.usd", "a cap is at least one nano-dollar"


_MAX_USD: Final = 1e9


def _check_guard(guard: Guard, place: str, _: _Targets) -> Iterator[Found]:
    if not guard.uses:
        yield f"{place}.uses", "it names no guard"


def _check_guard_names(guards: Sequence[Guard], known: Collection[str]) -> Iterator[Found]:
    for number, guard in enumerate(guards):
        if guard.uses and guard.uses not in known:
            there = ", ".join(sorted(known)) or "none yet"
            yield f"$.guards[{number}].uses", f"the guard {guard.uses!r} is not known; there are {there}"


def _check_route(route: Route, place: str, targets: _Targets) -> Iterator[Found]:
    for number, target in enumerate(route.targets):
        yield from targets.check(target.to, f"{place}.targets[{number}].to")
    for number, fallback in enumerate(route.fallback):
        yield from targets.check(fallback, f"{place}.fallback[{number}]")
    if not any(target.weight for target in route.targets):
        yield f"{place}.targets", "every weight is 0, so that no target can be chosen; give one a weight"
    if route.canary is not None:
        yield from targets.check(route.canary.to, f"{place}.canary.to")
    if route.shadow is not None:
        yield from targets.check(route.shadow.to, f"{place}.shadow.to")
    if "" in route.models:
        yield f"{place}.models[{route.models.index('')}]", "a model's name is empty; `*` stands for any"
    yield from _check_condition(route.when, f"{place}.when")
    if route.resilience is not None:
        yield from _check_resilience(route.resilience, f"{place}.resilience")


def _check_condition(when: Condition, place: str) -> Iterator[Found]:
    above, below = when.prompt_tokens_above, when.prompt_tokens_below
    if above is not None and below is not None and below <= above + 1:
        yield place, f"no prompt has more than {above} and fewer than {below} tokens"
    if when.hours is not None:
        start, _, end = when.hours.partition("-")
        if int(start) == int(end):
            yield f"{place}.hours", f"{when.hours!r} is no time at all; leave it out for the whole day"


def _check_resilience(resilience: Resilience, place: str) -> Iterator[Found]:
    times, retries = resilience.timeouts, resilience.retries
    if times.whole_s is not None:
        for name in ("connect_s", "first_token_s", "idle_s"):
            part_s = getattr(times, name)
            if part_s is not None and part_s > times.whole_s:
                yield f"{place}.timeouts.{name}", f"{part_s:g} s are more than the {times.whole_s:g} s of whole_s"
    if retries is None:
        return
    if retries.base_ms > retries.cap_ms:
        yield f"{place}.retries.base_ms", f"it is over cap_ms, {retries.cap_ms}"
    for number, status in enumerate(retries.statuses):
        if not 400 <= status <= 599:
            yield f"{place}.retries.statuses[{number}]", f"{status} is no status of a failure, 400 to 599"


def _check_fault(fault: Fault, place: str, targets: _Targets) -> Iterator[Found]:
    if fault.kind == "model_swap":
        yield from targets.check(fault.to, f"{place}.to")
    elif fault.to:
        yield f"{place}.to", f"only a model_swap goes to a target, not {fault.kind}"
    if fault.until is not None and not 0 < fault.until < _MAX_UNIX_S:
        yield f"{place}.until", "it is not a time in Unix seconds"


_MAX_UNIX_S: Final = 4_102_444_800  # the year 2100; more are milliseconds


def _check_ladder(ladder: Ladder, targets: _Targets) -> Iterator[Found]:
    for number, step in enumerate(ladder.steps):
        yield from _check_step(step, f"$.ladder.steps[{number}]", targets)
    if ladder.at_step is not None and ladder.at_step > len(ladder.steps):
        yield "$.ladder.at_step", f"there are {len(ladder.steps)} steps only"
    pressure = ladder.pressure
    limits = (pressure.budget_above, pressure.p95_seconds_above, pressure.error_ratio_above)
    if ladder.at_step is None and limits == (None, None, None):
        yield "$.ladder.pressure", "no step is ever taken: give one of the members that end in `_above`, or `at_step`"


def _check_step(step: LadderStep, place: str, targets: _Targets) -> Iterator[Found]:
    if step.do == "smaller_model":
        if not step.to:
            yield f"{place}.to", "a smaller_model needs the target that it goes to"
        else:
            yield from targets.check(step.to, f"{place}.to")
        if not step.models:
            yield f"{place}.models", "it is about no model; `*` stands for any"
    elif step.to:
        yield f"{place}.to", f"only a smaller_model goes to a target, not {step.do}"
    if step.do == "shed" and not step.priorities:
        yield f"{place}.priorities", "it sheds nothing; name a priority"


def _check_provider(settings: ProviderSettings, place: str, known: Collection[str]) -> Iterator[Found]:
    name = place.rpartition(".")[2]
    if not name or "/" in name or name != name.strip():
        yield place, "a provider's name must be a word without `/`"
    if settings.like and settings.like not in known:
        yield f"{place}.like", f"the provider {settings.like!r} is not known; there are {', '.join(sorted(known))}"
    if not settings.like and not settings.base_url and not settings.endpoints and name not in known:
        yield place, "it has no address; give `base_url`, `endpoints`, or `like`, the name of a known provider"
    if settings.base_url:
        yield from _check_url(settings.base_url, f"{place}.base_url")
    for family, url in settings.endpoints.items():
        yield from _check_url(url, f"{place}.endpoints.{family}")


def _check_url(url: str, place: str) -> Iterator[Found]:
    """The address itself is not repeated, as somebody may have put a password there."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
        parts = urlsplit("")
    if not usable:
        yield place, "it is no address; write http://host/path or https://host/path"
    elif parts.username or parts.password:
        yield place, "a password does not belong in a policy; name the variable of a key in key_variable"
    elif parts.query or parts.fragment:
        yield place, "an address ends before `?` and `#`"


_SECTIONS: Final[dict[str, Callable[[Any, str, _Targets], Iterator[Found]]]] = {
    "limits": _check_limit,
    "budgets": _check_budget,
    "guards": _check_guard,
    "routes": _check_route,
    "faults": _check_fault,
}

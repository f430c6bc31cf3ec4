"""Two policies on the same requests: how many would have gone otherwise, what it would have cost, and examples."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.replay.decide import Replay, Verdict
from lrcp.gateway.replay.past import PastRequest
from lrcp.model.policy.document import Policy

MAX_EXAMPLES: Final = 20
NOT_REPLAYED: Final[tuple[tuple[str, Callable[[Policy], bool]], ...]] = (
    ("semantic cache", lambda policy: policy.cache.semantic is not None),
    ("authentication", lambda policy: policy.authentication is not None),
    ("what guards would have said", lambda policy: bool(policy.guards)),
    ("ladder steps taken under pressure (only at_step is)", lambda policy: policy.ladder is not None),
    ("faults", lambda policy: bool(policy.faults)),
    ("spend of budgets before the first request looked at", lambda policy: bool(policy.budgets)),
    ("learned routers", lambda policy: any(route.router for route in policy.routes)),
)
"""What a policy may hold that past requests cannot answer for."""


class Counts(msgspec.Struct, kw_only=True):
    """What a policy makes of the requests. cost_nusd sums what is known; unknown_costs counts the rest."""

    served: int = 0
    cached: int = 0
    limited: int = 0
    over_budget: int = 0
    shed: int = 0
    guarded: int = 0
    cost_nusd: int = 0
    unknown_costs: int = 0


class Differences(msgspec.Struct, kw_only=True):
    """How many requests are decided otherwise, by what differs; one request may count more than once."""

    requests: int = 0
    rerouted: int = 0
    cached: int = 0
    refused: int = 0
    guarded: int = 0


class Example(msgspec.Struct, frozen=True):
    """One request that is decided otherwise."""

    trace_id: str
    span_id: str
    start_ns: int
    model: str
    before: Verdict
    after: Verdict


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """before: by the policy in force; after: by the other one. examples: the newest, MAX_EXAMPLES at most."""

    before: Counts
    after: Counts
    changed: Differences
    examples: list[Example]
    not_replayed: list[str]


def compare_policies(requests: Sequence[PastRequest], before: Policy, after: Policy, book: PriceBook) -> Comparison:
    """Replay requests, in the order of their start, under two policies. Raises: InputError - one cannot be made ready."""
    replays = Replay(before, book), Replay(after, book)
    counts, changed, examples = (Counts(), Counts()), Differences(), list[Example]()
    for request in requests:
        old, new = (replay.decide(request) for replay in replays)
        _count(counts[0], old)
        _count(counts[1], new)
        if _note_differences(changed, old, new):
            examples.append(Example(request.trace_id, request.span_id, request.start_ns, request.model, old, new))
            del examples[:-MAX_EXAMPLES]
    missing = [name for name, concerns in NOT_REPLAYED if concerns(before) or concerns(after)]
    return Comparison(before=counts[0], after=counts[1], changed=changed, examples=examples[::-1], not_replayed=missing)


def _count(counts: Counts, verdict: Verdict) -> None:
    kind = verdict.refused.partition(":")[0]
    counts.limited += kind == "limit"
    counts.over_budget += kind == "budget"
    counts.shed += kind == "shed"
    counts.served += not kind
    counts.cached += verdict.cached
    counts.guarded += bool(verdict.guards)
    counts.cost_nusd += verdict.cost_nusd or 0
    counts.unknown_costs += verdict.cost_nusd is None


def _note_differences(changed: Differences, old: Verdict, new: Verdict) -> bool:
    rerouted = bool(old.target and new.target) and old.target != new.target
    cached, refused, guarded = old.cached != new.cached, old.refused != new.refused, old.guards != new.guards
    changed.rerouted += rerouted
    changed.cached += cached
    changed.refused += refused
    changed.guarded += guarded
    differs = rerouted or cached or refused or guarded
    changed.requests += differs
    return differs

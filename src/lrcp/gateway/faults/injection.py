"""Injection: one fault in one try, and what its family's functions are given."""

from collections.abc import Awaitable, Callable

import msgspec

from lrcp.gateway.config import Limits, Timeouts
from lrcp.gateway.exchange import Attempt, AttemptHandler, Exchange, Reply, Target
from lrcp.gateway.routing.choice import hash_ratio
from lrcp.model.policy.faults import Fault


class Surroundings(msgspec.Struct, frozen=True):
    """What faults need of the gateway. swaps: where each `model_swap` of the policy leads, by the fault's name."""

    timeouts: Timeouts
    limits: Limits
    swaps: dict[str, Target]


class Injection(msgspec.Struct, frozen=True):
    """A fault that hits a try."""

    fault: Fault
    exchange: Exchange
    attempt: Attempt
    around: Surroundings

    @property
    def timeouts(self) -> Timeouts:
        """Those of the try."""
        return self.attempt.timeouts or self.around.timeouts

    @property
    def key(self) -> str:
        """What all chance in this injection comes from: the same request fails in the same way again."""
        return chance_key(self.fault, self.exchange, self.attempt)


Injector = Callable[[Injection, AttemptHandler], Awaitable[Reply]]
"""Goes on by awaiting the handler with the injection's exchange and attempt, or does not."""


def chance_key(fault: Fault, exchange: Exchange, attempt: Attempt) -> str:
    """The words that chance is drawn from: of the first try always the same, of each later one others."""
    return f"{fault.seed}\0{fault.name}\0{exchange.trace.trace_id}\0{attempt.number}"


def hits(fault: Fault, exchange: Exchange, attempt: Attempt) -> bool:
    """Whether chance has it that a fault hits this try."""
    if fault.probability >= 1.0:
        return True
    return hash_ratio(chance_key(fault, exchange, attempt)) < fault.probability

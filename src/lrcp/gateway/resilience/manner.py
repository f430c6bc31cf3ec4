"""Manner: how failures of a route's calls are handled, made ready from the policy's section and the gateway's defaults."""

from collections.abc import Callable

import msgspec

from lrcp.gateway.config import Timeouts
from lrcp.kit.backoff import Backoff
from lrcp.kit.breaker import BreakerSettings
from lrcp.model.policy.routing import Hedge, Resilience, Retries

_S_PER_MS = 0.001


class Manner(msgspec.Struct, frozen=True):
    """retries, breaker and hedge are None where they are off. statuses are those after which a target is asked again.

    Of a whole answer nothing comes before it is complete, so the policy's first_token_s is for streams alone.
    """

    of_streams: Timeouts
    of_whole: Timeouts
    retries: Retries | None
    breaker: BreakerSettings | None
    hedge: Hedge | None
    statuses: tuple[int, ...]
    max_retries: int
    backoff: Backoff

    def timeouts(self, *, streams: bool) -> Timeouts:
        """Those of a call's first try."""
        return self.of_streams if streams else self.of_whole


def make_manner(section: Resilience, defaults: Timeouts, chance: Callable[[], float]) -> Manner:
    """Args: chance gives numbers in [0, 1), for the jitter."""
    retries, breaker = section.retries, section.breaker
    settings = BreakerSettings(**msgspec.structs.asdict(breaker)) if breaker is not None else None
    of_streams = _merge(section, defaults)
    return Manner(
        of_streams=of_streams,
        of_whole=msgspec.structs.replace(of_streams, first_byte_s=defaults.first_byte_s),
        retries=retries,
        breaker=settings,
        hedge=section.hedge,
        statuses=retries.statuses if retries is not None else (),
        max_retries=retries.max if retries is not None else 0,
        backoff=_make_backoff(retries or Retries(), chance),
    )


def _merge(section: Resilience, defaults: Timeouts) -> Timeouts:
    """The policy's time-outs, and the gateway's where the policy says nothing."""
    given = section.timeouts
    return Timeouts(
        connect_s=given.connect_s or defaults.connect_s,
        first_byte_s=given.first_token_s or defaults.first_byte_s,
        idle_s=given.idle_s or defaults.idle_s,
        whole_s=given.whole_s or defaults.whole_s,
    )


def _make_backoff(retries: Retries, chance: Callable[[], float]) -> Backoff:
    return Backoff(base_s=retries.base_ms * _S_PER_MS, cap_s=retries.cap_ms * _S_PER_MS, chance=chance)

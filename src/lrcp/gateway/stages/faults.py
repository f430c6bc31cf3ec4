"""Faults: failures on purpose, around each try, so that retries, circuits and fallbacks meet them like any other."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from lrcp.gateway.config import Limits, Timeouts
from lrcp.gateway.exchange import Attempt, AttemptHandler, AttemptStage, Exchange, Reply, Target
from lrcp.gateway.faults.header import HEADER, NOTE, read_faults
from lrcp.gateway.faults.injection import Injection, Surroundings, hits
from lrcp.gateway.faults.table import CHAT_ONLY, INJECTORS, ORDER
from lrcp.gateway.routing.targets import AS_REQUESTED
from lrcp.gateway.scope import Matches, MatchesText, compile_patterns, compile_scope
from lrcp.gateway.wire.format import CHAT
from lrcp.kit.clock import Clock
from lrcp.model.errors import InputError
from lrcp.model.policy.faults import Fault, FaultsByHeader

_NS_PER_S: Final = 1_000_000_000


class _Armed(msgspec.Struct, frozen=True):
    """A fault made ready. ends_ns: Unix nanoseconds. matches and at: None for every request, and every target."""

    fault: Fault
    ends_ns: int
    matches: Matches | None
    at: MatchesText | None

    def meets(self, exchange: Exchange, attempt: Attempt, now_ns: int) -> bool:
        return (
            now_ns < self.ends_ns
            and (self.matches is None or self.matches(exchange))
            and (self.at is None or self.at(attempt.target.name))
            and _applies(self.fault, exchange, attempt)
        )


def make_faults_stage(
    faults: Sequence[Fault],
    by_header: FaultsByHeader | None,
    find_target: Callable[[str], Target],
    clock: Clock,
    *,
    timeouts: Timeouts,
    limits: Limits,
) -> AttemptStage | None:
    """The stage of a policy's faults; None when none is left and no request may ask for one.

    Args: find_target: the target that a policy names, for `model_swap`. timeouts: of tries that have none of their own.
    Raises: InputError - a `model_swap` leads nowhere.
    """
    now_ns = clock.now_ns()
    armed = tuple(one for one in map(_arm_from(now_ns), sorted(faults, key=_place)) if one.ends_ns > now_ns)
    asks = by_header if by_header is not None and by_header.kinds else None
    if not armed and asks is None:
        return None
    swaps: Mapping[str, Target] = {
        one.fault.name: _find_swap(one.fault, find_target) for one in armed if one.fault.kind == "model_swap"
    }
    may_ask = compile_scope(asks.match) if asks is not None else None
    around = Surroundings(timeouts, limits, dict(swaps))

    def find_asked(exchange: Exchange, attempt: Attempt, raw: bytes) -> list[Fault]:
        if asks is None or (may_ask is not None and not may_ask(exchange)):
            attempt.notes[NOTE] = "not_allowed"
            return []
        asked, ignored = read_faults(raw, asks)
        if ignored:
            attempt.notes[NOTE] = ignored
        return [fault for fault in asked if _applies(fault, exchange, attempt)]

    def inject(exchange: Exchange, attempt: Attempt, proceed: AttemptHandler) -> Awaitable[Reply]:
        met = []
        if armed:
            now_ns = clock.now_ns()
            met = [one.fault for one in armed if one.meets(exchange, attempt, now_ns)]
        if (raw := exchange.headers.get(HEADER)) is not None:
            met = sorted(met + find_asked(exchange, attempt, raw), key=_place)
        if not met:
            return proceed(exchange, attempt)
        attempt.faults += [fault.name for fault in met]
        return _compose(met, around, proceed)(exchange, attempt)

    return inject


def _arm_from(now_ns: int) -> Callable[[Fault], _Armed]:
    """For a policy that comes into force now: a fault without an end of its own gets one."""

    def arm(fault: Fault) -> _Armed:
        ends_ns = now_ns + int(fault.for_s * _NS_PER_S) if fault.until is None else int(fault.until * _NS_PER_S)
        at = compile_patterns(fault.targets) if fault.targets else None
        return _Armed(fault, ends_ns, compile_scope(fault.match), at)

    return arm


def _find_swap(fault: Fault, find_target: Callable[[str], Target]) -> Target:
    if fault.to.partition("/")[2] == AS_REQUESTED:
        raise InputError(f"$.faults: {fault.name!r} swaps models, so `to` must name one, not {fault.to!r}")
    return find_target(fault.to)


def _applies(fault: Fault, exchange: Exchange, attempt: Attempt) -> bool:
    if fault.attempts and attempt.number > fault.attempts:
        return False
    if fault.kind in CHAT_ONLY and exchange.call.operation != CHAT:
        return False
    return hits(fault, exchange, attempt)


def _place(fault: Fault) -> int:
    return ORDER[fault.kind]


def _compose(faults: Sequence[Fault], around: Surroundings, last: AttemptHandler) -> AttemptHandler:
    """The first outermost."""
    handler = last
    for fault in reversed(faults):
        handler = _wrap(fault, around, handler)
    return handler


def _wrap(fault: Fault, around: Surroundings, inner: AttemptHandler) -> AttemptHandler:
    def handle(exchange: Exchange, attempt: Attempt) -> Awaitable[Reply]:
        return INJECTORS[fault.kind](Injection(fault, exchange, attempt, around), inner)

    return handle

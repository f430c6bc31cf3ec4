"""The decision table: what each way to fail leads to. Pure; docs/gateway/resilience.md shows the same table."""

from typing import Final, Literal

import msgspec

from lrcp.gateway.errors import UpstreamError
from lrcp.model.errors import LrcpError
from lrcp.model.policy.routing import Retries

Again = Literal["never", "first", "last"]
"""Whether the same target is asked again: never, before another one is, or only when no healthy other one is left."""

Move = Literal["again", "next", "give_up"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What one way to fail leads to.

    again: see Again. next: whether another candidate may do better. counts: as a failure in the target's circuit breaker.
    rests: whether the target is left alone for the time it asks for. statuses and codes are those of this way. why: for people.
    """

    name: str
    why: str
    again: Again = "never"
    next: bool = False
    counts: bool = False
    rests: bool = False
    statuses: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()


RULES: Final = (
    Rule(name="wrong", why="the request itself is at fault: every other 4xx"),
    Rule(
        name="unwelcome",
        why="this provider does not serve this caller, key or model",
        next=True,
        statuses=(401, 402, 403, 404),
    ),
    Rule(
        name="unfit",
        why="the gateway cannot, or may not, send the call there",
        next=True,
        codes=("upstream_not_allowed",),
    ),
    Rule(name="limited", why="too many calls for now", again="last", next=True, rests=True, statuses=(429,)),
    Rule(
        name="overloaded",
        why="the provider has no room for now",
        again="last",
        next=True,
        counts=True,
        rests=True,
        statuses=(503, 529),
    ),
    Rule(
        name="broken",
        why="a fault that may be gone the next moment; every other 5xx too",
        again="first",
        next=True,
        counts=True,
        statuses=(408, 500, 502, 504),
        codes=("upstream_disconnected", "upstream_cut", "upstream_invalid", "upstream_not_json"),
    ),
    Rule(
        name="unreachable",
        why="no connection came about",
        again="last",
        next=True,
        counts=True,
        codes=("upstream_unreachable", "upstream_connect_timeout"),
    ),
    Rule(
        name="untrusted",
        why="no connection that can be trusted, now or later",
        next=True,
        counts=True,
        codes=("upstream_tls",),
    ),
    Rule(
        name="slow",
        why="the time is spent, and so is the money",
        next=True,
        counts=True,
        codes=("upstream_timeout",),
    ),
    Rule(
        name="oversized",
        why="the answer is over the gateway's bounds, and would be again",
        codes=("reply_too_large", "event_too_large"),
    ),
    Rule(name="crowded", why="the gateway itself has no room for another call", codes=("too_many_calls",)),
)

_RULE: Final = {rule.name: rule for rule in RULES}
_OF_STATUS: Final = {status: rule for rule in RULES for status in rule.statuses}
_OF_CODE: Final = {code: rule for rule in RULES for code in rule.codes}


def classify_status(status: int, retried: tuple[int, ...]) -> Rule | None:
    """The rule for a reply's status; None for one that is no failure. retried: statuses that the policy tries again."""
    if status < 400:
        return None
    rule = _OF_STATUS.get(status)
    if rule is None:
        rule = _RULE["broken"] if status >= 500 or status in retried else _RULE["wrong"]
    if status not in retried and rule.again != "never":
        return msgspec.structs.replace(rule, again="never")
    return rule


def classify_error(error: LrcpError) -> Rule:
    """The rule for a call that ended without a reply."""
    if not isinstance(error, UpstreamError):
        return _RULE["unfit"]
    return _OF_CODE.get(error.code) or _RULE["slow" if error.status == 504 else "broken"]


def breaks(code: str) -> bool:
    """Whether an exchange that ended with this code, after its first token, counts as a failure of its target."""
    rule = _OF_CODE.get(code)
    return rule is not None and rule.counts


_REFUSALS: Final = frozenset({"wrong", "unwelcome", "unfit"})


def tells_more(later: Rule, earlier: Rule) -> bool:
    """Whether a client learns more from a later failure. That a fallback does not take the call hides no earlier cause."""
    return later.name not in _REFUSALS or earlier.name in _REFUSALS


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """Where an exchange stands after a try that failed.

    retry_after_s: what the provider asks for, None when nothing. retries_left: tries again that the policy still gives.
    other: there is a candidate not tried yet whose circuit lets a call through; other_rested: and one that is not resting.
    jitter_s: the back-off's wait. left_s: seconds until the whole must end.
    """

    retry_after_s: float | None
    retries_left: int
    other: bool
    other_rested: bool
    jitter_s: float
    left_s: float


class Step(msgspec.Struct, frozen=True):
    """What to do, after how many seconds."""

    move: Move
    wait_s: float = 0.0


_GIVE_UP: Final = Step("give_up")
_NEXT: Final = Step("next")


def plan_next(rule: Rule, now: Situation, retries: Retries | None) -> Step:
    """The step after a failure. retries None: no target is asked twice."""
    if now.left_s <= 0:
        return _GIVE_UP
    if rule.again == "last" and rule.next and now.other_rested:
        return _NEXT
    wait_s = _wait_s(rule, now, retries)
    if wait_s is not None:
        return Step("again", wait_s)
    return _NEXT if rule.next and now.other else _GIVE_UP


def _wait_s(rule: Rule, now: Situation, retries: Retries | None) -> float | None:
    """Seconds to wait before the same target is asked again; None when it is not."""
    if retries is None or rule.again == "never" or now.retries_left <= 0:
        return None
    asked_s = now.retry_after_s or 0.0
    if asked_s > retries.max_wait_s:
        return None
    wait_s = asked_s + now.jitter_s
    return wait_s if wait_s < now.left_s else None

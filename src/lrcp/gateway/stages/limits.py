"""Limits: so many requests and tokens in a window, so many calls at the same time; and how long to wait for the next."""

from collections.abc import Callable, Sequence
from typing import Final

from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Handler, Outcome, Reply, Stage
from lrcp.gateway.limits.headers import PREFIX, tell_left
from lrcp.gateway.limits.rules import NEVER, Claim, Rule, compile_limits
from lrcp.gateway.limits.state import LimitState
from lrcp.kit.clock import Clock
from lrcp.model.policy.admission import Limit

_EVERY: Final = {"second": "a second", "minute": "a minute", "hour": "an hour", "day": "a day"}


def make_limits_stage(
    limits: Sequence[Limit], state: LimitState, clock: Clock, *, route_of: Callable[[Exchange], str] | None = None
) -> Stage | None:
    """The stage for a policy's limits; None when there are none.

    route_of: the name of the route that will take a request, '' for none; asked only when a limit is of a route.
    """
    if not limits:
        return None
    rules = compile_limits(limits, state.typical)
    if not any(limit.match.routes for limit in limits):
        route_of = None

    async def limit(exchange: Exchange, proceed: Handler) -> Reply:
        if route_of is not None:
            exchange.route = route_of(exchange) or exchange.route
        applied = [rule for rule in rules if rule.matches is None or rule.matches(exchange)]
        if not applied:
            return await proceed(exchange)
        claims = admit(exchange, applied, state, clock)
        exchange.reply_headers += tell_left(claims)
        settling = [claim for claim in claims if claim.rule.settles]
        if settling:
            exchange.on_done.append(_settlement(exchange, settling, state, clock))
        reply = await proceed(exchange)
        # A provider's own headers of these names speak of the gateway's account, not of the client's.
        reply.headers = [header for header in reply.headers if not header[0].startswith(PREFIX)]
        return reply

    return limit


def admit(exchange: Exchange, rules: Sequence[Rule], state: LimitState, clock: Clock) -> list[Claim]:
    """Count an exchange under all rules, or under none.

    Raises: RefusedError - one of them has no room; with the longest time to wait, and the headers set.
    """
    cells, typical = state.cells, state.typical
    amounts = [rule.amount_of(exchange, typical) for rule in rules]
    with cells:
        now_ns = clock.now_ns()
        claims, waits = [], []
        for rule, amount in zip(rules, amounts, strict=True):
            claim = Claim(rule, *rule.places.find(cells, exchange, now_ns), amount)
            claims.append(claim)
            waits.append(rule.wait_ns(cells, claim, now_ns))
        if not any(waits):
            for claim in claims:
                if cells.words[claim.slot] == claim.key:  # else it had to give way to a later one of these
                    claim.rule.take(cells, claim, now_ns)
            return claims
    raise _refuse(exchange, claims, waits)


def _settlement(
    exchange: Exchange, claims: Sequence[Claim], state: LimitState, clock: Clock
) -> Callable[[Outcome], None]:
    def settle(outcome: Outcome) -> None:
        state.typical.note_output(exchange, outcome)
        with state.cells as cells:
            now_ns = clock.now_ns()
            for claim in claims:
                claim.rule.settle(cells, claim, now_ns, outcome)

    return settle


def _refuse(exchange: Exchange, claims: Sequence[Claim], waits: Sequence[int]) -> RefusedError:
    """The refusal by the rule that takes longest, so that who waits as told is not refused by another then."""
    never = NEVER in waits
    wait_ns = NEVER if never else max(waits)
    claim = claims[waits.index(wait_ns)]
    exchange.notes["limit"] = claim.rule.limit.name
    exchange.reply_headers += tell_left(claims)
    if never:
        return _refused(f"{_say(claim.rule)}; this request alone has about {claim.amount}", None)
    milliseconds = -(-wait_ns // 1_000_000)
    # Whole seconds stand in retry-after; the official clients read this one first.
    exchange.reply_headers.append((b"retry-after-ms", b"%d" % milliseconds))
    return _refused(f"{_say(claim.rule)}; try again in {milliseconds / 1000:g} s", wait_ns / 1e9)


def _refused(message: str, retry_after_s: float | None) -> RefusedError:
    return RefusedError(
        message, status=429, kind="rate_limit_error", code="rate_limit_exceeded", retry_after_s=retry_after_s
    )


def _say(rule: Rule) -> str:
    """What a limit allows, in words."""
    limit = rule.limit
    what = rule.what.removesuffix("s") if rule.most == 1 else rule.what
    when = "at the same time" if rule.what == "calls" else _EVERY[limit.every]
    return (
        f"the limit {limit.name!r} is {rule.most} {what} {when}{'' if limit.per == 'all' else f' for each {limit.per}'}"
    )

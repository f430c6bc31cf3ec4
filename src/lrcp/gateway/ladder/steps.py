"""The steps of a policy's ladder, prepared: what is in force when so many of them are taken."""

from collections.abc import Sequence
from typing import Final

import msgspec

from lrcp.gateway.exchange import Exchange
from lrcp.gateway.ladder.answers import shorten_answer
from lrcp.gateway.scope import UNNAMED_MODEL, MatchesText, compile_patterns
from lrcp.gateway.wire.format import CHAT
from lrcp.model.policy.admission import Ladder, LadderStep

_CACHE_OF: Final = {"cache_exact": "exact", "cache_semantic": "semantic"}


class Effects(msgspec.Struct, frozen=True):
    """What holds at one step, its own and that of the steps above it.

    shed: priorities that are refused. smaller: (which models, what is asked for instead), the lowest step first.
    max_tokens: bound on answers, 0 for none. name: of the last step.
    """

    name: str = "none"
    shed: frozenset[str] = frozenset()
    caches: frozenset[str] = frozenset()
    smaller: tuple[tuple[MatchesText, str], ...] = ()
    max_tokens: int = 0


def make_effects(ladder: Ladder) -> tuple[Effects, ...]:
    """effects[n] is what holds when n steps are taken; effects[0] is nothing."""
    effects = [Effects()]
    for step in ladder.steps:
        effects.append(_with_step(effects[-1], step))
    return tuple(effects)


def forcible_caches(ladder: Ladder | None) -> frozenset[str]:
    """The caches that a ladder may switch on, for whoever must have them ready."""
    return make_effects(ladder)[-1].caches if ladder is not None else frozenset()


def _with_step(before: Effects, step: LadderStep) -> Effects:
    replace = msgspec.structs.replace
    if step.do == "shed":
        return replace(before, name=step.do, shed=before.shed | frozenset(step.priorities))
    if step.do == "smaller_model":
        smaller = (compile_patterns(step.models), step.to)
        return replace(before, name=step.do, smaller=(smaller, *before.smaller))
    if step.do == "shorter_answers":
        lower = min(before.max_tokens, step.max_tokens) if before.max_tokens else step.max_tokens
        return replace(before, name=step.do, max_tokens=lower)
    return replace(before, name=step.do, caches=before.caches | {_CACHE_OF[step.do]})


def apply_effects(exchange: Exchange, effects: Effects) -> None:
    """Change an exchange as a step says, all but refusing it. Raises: InputError - its body cannot be read."""
    if effects.caches:
        exchange.forced_caches = effects.caches
    if exchange.call.operation != CHAT:
        return
    if effects.smaller:
        _ask_smaller(exchange, effects.smaller)
    if effects.max_tokens:
        _ask_shorter(exchange, effects.max_tokens)


def _ask_smaller(exchange: Exchange, smaller: Sequence[tuple[MatchesText, str]]) -> None:
    model = exchange.call.model
    to = next((to for matches, to in smaller if matches(model or UNNAMED_MODEL)), model)
    if to != model:
        exchange.body = exchange.format.fit_body(exchange.body, exchange.call, to)
        exchange.call = msgspec.structs.replace(exchange.call, model=to)
        exchange.notes["ladder_model"] = to


def _ask_shorter(exchange: Exchange, max_tokens: int) -> None:
    call = exchange.call
    if call.max_tokens is not None and 0 <= call.max_tokens <= max_tokens:
        return
    exchange.body = shorten_answer(exchange.format.name, exchange.body, call.model, max_tokens)
    exchange.call = msgspec.structs.replace(call, max_tokens=max_tokens)

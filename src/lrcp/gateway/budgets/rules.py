"""The policy's budgets, prepared: whom each is about, and under what its dollars are counted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from lrcp.gateway.exchange import Exchange
from lrcp.gateway.scope import UNNAMED_MODEL, Matches, compile_scope
from lrcp.model.money import nusd_from_usd
from lrcp.model.policy.admission import Budget

_MAX_CHARS: Final = 200
ValueOf = Callable[[Exchange], str]


def _one_for_all(exchange: Exchange) -> str:
    return ""


def _of_key(exchange: Exchange) -> str:
    return f"key:{exchange.caller.key_id}"


def _of_team(exchange: Exchange) -> str:
    return f"team:{exchange.caller.team}"[:_MAX_CHARS]


def _of_service(exchange: Exchange) -> str:
    return f"service:{exchange.caller.service}"[:_MAX_CHARS]


def _of_model(exchange: Exchange) -> str:
    return f"model:{exchange.call.model or UNNAMED_MODEL}"[:_MAX_CHARS]


_VALUE_OF: Final[Mapping[str, ValueOf]] = {
    "all": _one_for_all,
    "key": _of_key,
    "team": _of_team,
    "service": _of_service,
    "model": _of_model,
}


class BudgetRule(msgspec.Struct, frozen=True):
    """One budget. matches: None for every exchange. value_of: what of an exchange it is kept apart by.

    Requests without a key, team or service share one account, `key:` and so on, so that no cap is passed by leaving it out.
    """

    budget: Budget
    matches: Matches | None
    value_of: ValueOf
    cap_nusd: int


def make_budget_rules(budgets: Sequence[Budget]) -> tuple[BudgetRule, ...]:
    """The rules, in the order of the policy."""
    return tuple(
        BudgetRule(
            budget=budget,
            matches=compile_scope(budget.match),
            value_of=_VALUE_OF[budget.per],
            cap_nusd=max(1, nusd_from_usd(budget.usd)),
        )
        for budget in budgets
    )


def rules_for(rules: Sequence[BudgetRule], exchange: Exchange) -> list[BudgetRule]:
    """Those that an exchange counts for."""
    return [rule for rule in rules if rule.matches is None or rule.matches(exchange)]

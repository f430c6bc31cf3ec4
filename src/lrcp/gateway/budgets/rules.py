"""The policy's budgets, prepared: whom each is about, and under what its dollars are counted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from lrcp.gateway.exchange import Exchange
from lrcp.gateway.scope import UNNAMED_MODEL, Matches, compile_scope
from lrcp.model.money import nusd_from_usd
from lrcp.model.policy.admission import Budget

_MAX_CHARS: Final = 200
_MAX_CAP_NUSD: Final = 1 << 62
"""Four billion dollars, so that sums stay within the database's 64 bits."""
ValueOf = Callable[[Exchange], str]


def _one_for_all(exchange: Exchange) -> str:
    return ""


def _of_key(exchange: Exchange) -> str:
    return f"key:{exchange.caller.key_id}"


def _of_team(exchange: Exchange) -> str:
    return _storable(f"team:{exchange.caller.team}")


def _of_service(exchange: Exchange) -> str:
    return _storable(f"service:{exchange.caller.service}")


def _of_model(exchange: Exchange) -> str:
    return _storable(f"model:{exchange.call.model or UNNAMED_MODEL}")


def _storable(value: str) -> str:
    """A client's words as a value: no database takes every character, and one that it refused would hold all others up."""
    return (value if value.isprintable() else ascii(value)[1:-1])[:_MAX_CHARS]


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
            cap_nusd=min(_MAX_CAP_NUSD, max(1, nusd_from_usd(budget.usd))),
        )
        for budget in budgets
    )


def rules_for(rules: Sequence[BudgetRule], exchange: Exchange) -> list[BudgetRule]:
    """Those that an exchange counts for."""
    return [rule for rule in rules if rule.matches is None or rule.matches(exchange)]

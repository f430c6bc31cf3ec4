"""Ladder: the step in force is applied to a request before anything is asked of a provider."""

from collections.abc import Iterator, Sequence

from lrcp.gateway.budgets.keeper import BudgetKeeper
from lrcp.gateway.budgets.rules import BudgetRule, make_budget_rules
from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Handler, Reply, Stage
from lrcp.gateway.ladder.position import Position
from lrcp.gateway.ladder.state import BudgetPressure, LadderState
from lrcp.gateway.ladder.steps import apply_effects, make_effects
from lrcp.model.policy.admission import Budget, Ladder

_MAX_RETRY_AFTER_S = 60.0


def make_ladder_stage(
    ladder: Ladder | None, budgets: Sequence[Budget], keeper: BudgetKeeper | None, state: LadderState
) -> Stage | None:
    """The stage of a policy's ladder; None without one.

    budgets: the policy's; of those that are about routes nothing is felt here, as the route is not decided yet.
    """
    if ladder is None:
        return None
    state.obey(ladder)
    effects = make_effects(ladder)
    retry_after_s = min(_MAX_RETRY_AFTER_S, max(1.0, ladder.pressure.hold_up_s))
    rules = make_budget_rules([budget for budget in budgets if not budget.match.routes]) if keeper else ()

    async def descend(exchange: Exchange, proceed: Handler) -> Reply:
        pressures = _pressures(rules, keeper, exchange) if keeper is not None and rules else ()
        position = state.find_position(pressures)
        exchange.on_done.append(lambda outcome: state.record(exchange, outcome))
        if position.step:
            exchange.notes["ladder_step"] = str(position.step)
            in_force = effects[position.step]
            if exchange.caller.priority in in_force.shed:
                raise _refuse_shed(exchange, position, retry_after_s)
            apply_effects(exchange, in_force)
        return await proceed(exchange)

    return descend


def _pressures(rules: Sequence[BudgetRule], keeper: BudgetKeeper, exchange: Exchange) -> Iterator[BudgetPressure]:
    """What the accounts are at that an exchange counts for; those nothing was spent from yet are at 0."""
    for rule in rules:
        if rule.matches is None or rule.matches(exchange):
            value = rule.value_of(exchange)
            lease = keeper.find_lease(rule.budget.name, value)
            spent = lease.ratio if lease is not None and exchange.started_ns < lease.ends_ns else 0.0
            yield BudgetPressure(rule.budget.name, value, spent, rule.budget.at_cap == "degrade")


def _refuse_shed(exchange: Exchange, position: Position, retry_after_s: float) -> RefusedError:
    status = 429 if position.reason.startswith("budget") else 503
    message = (
        f"requests of {exchange.caller.priority} priority are not taken at the moment, as the gateway is under pressure"
        f" ({position.reason}); try again later, or with a higher x-lrcp-priority where that is right"
    )
    return RefusedError(
        message,
        status=status,
        kind="rate_limit_error" if status == 429 else "service_unavailable",
        code="shed",
        retry_after_s=retry_after_s,
    )

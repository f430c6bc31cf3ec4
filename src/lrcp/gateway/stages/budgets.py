"""Budgets: what a call may cost is reserved before it, in every budget it counts for, and settled after it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.budgets.estimate import charge_nusd, estimate_usage, price_targets, resolve_prices
from lrcp.gateway.budgets.keeper import BudgetKeeper
from lrcp.gateway.budgets.lease import Lease
from lrcp.gateway.budgets.rules import BudgetRule, make_budget_rules, rules_for
from lrcp.gateway.errors import RefusedError
from lrcp.gateway.exchange import Exchange, Handler, Outcome, Reply, Stage
from lrcp.gateway.wire.format import COUNT_TOKENS
from lrcp.kit.clock import Clock
from lrcp.model.errors import InputError
from lrcp.model.money import usd_from_nusd
from lrcp.model.policy.admission import Budget

Held = list[tuple[Lease, int]]


def make_budgets_stage(
    budgets: Sequence[Budget], keeper: BudgetKeeper | None, book: PriceBook, clock: Clock
) -> Stage | None:
    """The stage of a policy's budgets; None without any.

    Raises: InputError - there are budgets, and no state database to keep them in: a cap that cannot hold is refused.
    """
    rules = make_budget_rules(budgets)
    if not rules:
        return None
    if keeper is None:
        raise InputError("$.budgets: this gateway has no state database to keep them in")
    answer_tokens = {rule.budget.name: rule.budget.answer_tokens for rule in rules}

    async def reserve_budgets(exchange: Exchange, proceed: Handler) -> Reply:
        counting = rules_for(rules, exchange)
        if not counting or exchange.call.operation == COUNT_TOKENS:
            return await proceed(exchange)
        await resolve_prices(book, exchange.candidates, exchange.started_ns)
        nusd = _price_call(exchange, counting, book, max(answer_tokens[rule.budget.name] for rule in counting))
        held: Held = []
        try:
            for rule in counting:
                held.append((await _reserve(keeper, rule, exchange, nusd, clock.now_ns()), nusd))
        except BaseException:
            _give_back(held)
            raise
        exchange.on_done.append(_make_settlement(exchange, held))
        exchange.reply_headers += [
            (b"x-lrcp-budget-warning", _describe(rule, lease).encode())
            for rule, (lease, _) in zip(counting, held, strict=True)
            if lease.ratio >= rule.budget.warn_at
        ]
        return await proceed(exchange)

    return reserve_budgets


def _price_call(exchange: Exchange, rules: Sequence[BudgetRule], book: PriceBook, answer_tokens: int) -> int:
    """Nano-dollars at the dearest target; targets without a price are not called where a budget must count them.

    Raises: RefusedError - no target has a price.
    """
    usage = estimate_usage(exchange, answer_tokens)
    prices = price_targets(book, exchange.candidates, usage, exchange.started_ns)
    known = [nusd for nusd in prices if nusd is not None]
    strict = next((rule for rule in rules if rule.budget.unknown_price == "reject"), None)
    if strict is not None and len(known) < len(prices):
        if not known:
            raise _refuse_unpriced(exchange, strict)
        priced = zip(exchange.candidates, prices, strict=True)
        exchange.candidates = tuple(target for target, nusd in priced if nusd is not None)
    return max(known, default=0)


async def _reserve(keeper: BudgetKeeper, rule: BudgetRule, exchange: Exchange, nusd: int, now_ns: int) -> Lease:
    """The lease in which the amount is reserved now. Raises: RefusedError."""
    budget = rule.budget
    lease = keeper.lease_for(budget.name, rule.value_of(exchange), budget.every, rule.cap_nusd, now_ns)
    if lease is None:
        raise _refuse_unavailable(budget, "too many budgets are in use at once")
    if lease.reserve(nusd):
        return lease
    answer = await keeper.obtain(lease, nusd)
    if answer == "granted":
        return lease
    if answer == "exhausted":
        exchange.notes["budget"] = budget.name
        raise _refuse_exhausted(rule, lease, nusd, now_ns)
    raise _refuse_unavailable(budget, "the state database does not answer")


def _give_back(held: Held) -> None:
    for lease, nusd in held:
        lease.settle(nusd, 0)


def _make_settlement(exchange: Exchange, held: Held) -> Callable[[Outcome], None]:
    def settle(outcome: Outcome) -> None:
        for lease, reserved_nusd in held:
            lease.settle(reserved_nusd, charge_nusd(exchange, outcome, reserved_nusd))

    return settle


def _refuse_exhausted(rule: BudgetRule, lease: Lease, nusd: int, now_ns: int) -> RefusedError:
    budget = rule.budget
    message = (
        f"budget {_name(lease)} is used up: {_dollars(_spent(lease))} of {_dollars(rule.cap_nusd)} for this"
        f" {budget.every} are spent, and this call may cost {_dollars(nusd)}; it begins anew at {_time(lease.ends_ns)}"
    )
    return RefusedError(
        message,
        status=429,
        kind="insufficient_quota",
        code="budget_exceeded",
        retry_after_s=max(1.0, (lease.ends_ns - now_ns) / 1e9),
    )


def _refuse_unavailable(budget: Budget, reason: str) -> RefusedError:
    message = f"budget {budget.name} cannot be kept at the moment, so no dollars are spent: {reason}"
    return RefusedError(message, status=503, kind="service_unavailable", code="budget_unavailable", retry_after_s=1.0)


def _refuse_unpriced(exchange: Exchange, rule: BudgetRule) -> RefusedError:
    models = ", ".join(target.name for target in exchange.candidates)[:200]
    message = (
        f"the price of {models} is not known, and budget {rule.budget.name} lets nothing through that it cannot count:"
        " declare the price in LRCP_PRICES_FILE, or set unknown_price: allow in the budget"
    )
    return RefusedError(message, status=403, kind="permission_error", code="unknown_price")


def _describe(rule: BudgetRule, lease: Lease) -> str:
    spent, cap = _dollars(_spent(lease)), _dollars(rule.cap_nusd)
    return f"{rule.budget.name}; spent={spent}; cap={cap}; resets={_time(lease.ends_ns)}"


def _spent(lease: Lease) -> int:
    return lease.others_nusd + lease.spent_nusd


def _name(lease: Lease) -> str:
    return f"{lease.key.budget} ({lease.key.value})" if lease.key.value else lease.key.budget


def _dollars(nusd: int) -> str:
    return f"${usd_from_nusd(nusd):.6f}".rstrip("0").rstrip(".")


def _time(ns: int) -> str:
    return datetime.fromtimestamp(ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

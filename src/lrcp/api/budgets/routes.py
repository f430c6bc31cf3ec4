"""The route of /api/budgets: the policy's budgets, and what of them is used in the windows of now."""

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter
from pydantic import BaseModel, Field

from lrcp.api.problems import problem_responses
from lrcp.api.timerange import iso_time
from lrcp.kit.clock import Clock
from lrcp.model.budget import BudgetKey, BudgetUse, find_window
from lrcp.model.money import nusd_from_usd
from lrcp.model.policy.admission import Budget
from lrcp.model.policy.canonical import decode_policy
from lrcp.store.state.budgets import BudgetStore
from lrcp.store.state.policies import PolicyStore


class BudgetDocument(BaseModel):
    """One account of a budget in the window of now."""

    name: str = Field(examples=["search"])
    value: str = Field(description="What it is kept apart by; empty where it is one for all", examples=["team:search"])
    window: str = Field(description="The UTC hour, day or month", examples=["2026-11-20"])
    resets_at: str
    cap_nusd: int | None = Field(description="null where the policy in force has no such budget")
    spent_nusd: int
    reserved_nusd: int = Field(description="Leased by gateways and not spent yet")
    leases: int = Field(description="How many leases gateways hold on it")
    at_cap: str | None = Field(examples=["reject"])
    warn_at: float | None


class BudgetList(BaseModel):
    """Those most spent of first, at most 1,000; then the policy's that nothing was spent of yet."""

    budgets: list[BudgetDocument]


def budget_router(budgets: BudgetStore, policies: PolicyStore, clock: Clock) -> APIRouter:
    """The route over the state database, whose calls block."""
    router = APIRouter(prefix="/api/budgets", tags=["Policy"])

    @router.get("", summary="Budgets and what of them is used", responses=problem_responses(503))
    async def list_budgets() -> BudgetList:
        """Gateways settle five times a second; what they hold at the moment is `reserved_nusd`."""
        return await asyncio.to_thread(_list_budgets, budgets, policies, clock.now_ns())

    return router


def _list_budgets(budgets: BudgetStore, policies: PolicyStore, now_ns: int) -> BudgetList:
    declared = {budget.name: budget for budget in decode_policy(policies.current(now_ns).document).budgets}
    uses = budgets.list_uses(now_ns)
    seen = {use.key.budget for use in uses}
    unused = [_unused(budget, now_ns) for name, budget in declared.items() if name not in seen and budget.per == "all"]
    return BudgetList(budgets=[_render(use, declared) for use in (*uses, *unused)])


def _unused(budget: Budget, now_ns: int) -> BudgetUse:
    window = find_window(budget.every, now_ns)
    key = BudgetKey(budget.name, "", window.name)
    return BudgetUse(key=key, ends_ns=window.ends_ns, spent_nusd=0, reserved_nusd=0, leases=0)


def _render(use: BudgetUse, declared: Mapping[str, Budget]) -> BudgetDocument:
    budget = declared.get(use.key.budget)
    return BudgetDocument(
        name=use.key.budget,
        value=use.key.value,
        window=use.key.window,
        resets_at=iso_time(use.ends_ns),
        cap_nusd=nusd_from_usd(budget.usd) if budget else None,
        spent_nusd=use.spent_nusd,
        reserved_nusd=use.reserved_nusd,
        leases=use.leases,
        at_cap=budget.at_cap if budget else None,
        warn_at=budget.warn_at if budget else None,
    )

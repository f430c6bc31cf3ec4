"""/api/budgets over a real state database."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from lrcp.api.budgets.routes import budget_router
from lrcp.kit.clock import FakeClock
from lrcp.model.budget import BudgetKey, LeaseClaim, find_window
from lrcp.store.state.budgets import BudgetStore
from lrcp.store.state.policies import PolicyStore
from lrcp.store.state.store import open_state

POLICY = b'{"budgets":[{"name":"all","usd":10},{"name":"teams","usd":2.5,"per":"team","every":"month"}]}'


@dataclass
class Api:
    client: TestClient
    budgets: BudgetStore
    clock: FakeClock

    def list(self) -> list[dict[str, Any]]:
        reply = self.client.get("/api/budgets")
        assert reply.status_code == 200, reply.text
        found: list[dict[str, Any]] = reply.json()["budgets"]
        return found


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    state, clock = open_state("", tmp_path, now_ns=1), FakeClock()
    policies, budgets = PolicyStore(state), BudgetStore(lambda: state)
    policies.put(POLICY, author="ann", reason="caps", now_ns=clock.now_ns())
    app = FastAPI()
    app.include_router(budget_router(budgets, policies, clock))
    yield Api(TestClient(app), budgets, clock)
    state.close()


def test_a_budget_that_nothing_was_spent_of_is_shown(api: Api) -> None:
    (budget,) = api.list()
    assert budget == {
        "name": "all",
        "value": "",
        "window": "2023-11-14",
        "resets_at": budget["resets_at"],
        "cap_nusd": 10_000_000_000,
        "spent_nusd": 0,
        "reserved_nusd": 0,
        "leases": 0,
        "at_cap": "reject",
        "warn_at": 0.8,
    }
    assert budget["resets_at"].startswith("2023-11-15T00:00:00")


def test_what_is_spent_and_leased_is_shown_for_each_value(api: Api) -> None:
    window = find_window("month", api.clock.now_ns())
    key = BudgetKey("teams", "team:search", window.name)
    claim = LeaseClaim(
        serial=1, key=key, ends_ns=window.ends_ns, cap_nusd=2_500_000_000, granted_nusd=900, spent_nusd=400
    )
    api.budgets.sync("one", api.clock.now_ns(), [claim])
    first, second = api.list()
    assert (first["name"], first["value"], first["window"]) == ("teams", "team:search", "2023-11")
    assert (first["cap_nusd"], first["spent_nusd"], first["reserved_nusd"]) == (2_500_000_000, 400, 500)
    assert second["name"] == "all"


def test_a_budget_that_the_policy_no_longer_has_keeps_its_spend_without_a_cap(api: Api) -> None:
    window = find_window("day", api.clock.now_ns())
    claim = LeaseClaim(
        serial=1,
        key=BudgetKey("gone", "", window.name),
        ends_ns=window.ends_ns,
        cap_nusd=9,
        granted_nusd=9,
        spent_nusd=9,
    )
    api.budgets.sync("one", api.clock.now_ns(), [claim])
    assert (api.list()[0]["name"], api.list()[0]["cap_nusd"]) == ("gone", None)

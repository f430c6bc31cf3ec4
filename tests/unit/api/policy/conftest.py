"""The policy routes over a real state database, and a telemetry store where the traffic is."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.policy.routes import policy_router
from lrcp.evaluators.cost import load_price_book
from lrcp.kit.clock import FakeClock
from lrcp.model.span import Span
from lrcp.store.state.policies import PolicyStore
from lrcp.store.state.store import open_state
from lrcp.store.telemetry.columns import span_table
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore

NOW_S = 1_900_000_020.0
BY = {"author": "ann", "reason": "because"}


@dataclass
class PolicyApi:
    """The routes, and what stands behind them."""

    client: TestClient
    policies: PolicyStore
    clock: FakeClock
    store: TelemetryStore

    def put(self, text: str | bytes, *, expect: int = 200, match: str = "*", **query: object) -> Any:
        reply = self.client.put("/api/policy", params=BY | query, content=text, headers={"if-match": match})
        assert reply.status_code == expect, reply.text
        return reply.json()

    def get(self, path: str = "", *, expect: int = 200, **query: object) -> Any:
        reply = self.client.get(f"/api/policy{path}", params=query)
        assert reply.status_code == expect, reply.text
        return reply.json()

    def post(self, path: str, *, expect: int = 200, **request: Any) -> Any:
        reply = self.client.post(f"/api/policy{path}", **request)
        assert reply.status_code == expect, reply.text
        return reply.json()

    def insert(self, *spans: Span) -> None:
        table = span_table(list(spans), [True] * len(spans), [0] * len(spans))
        asyncio.run(self.store.on_writer(lambda: self.store.insert("spans", table)))


@pytest.fixture(scope="module")
def telemetry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelemetryStore]:
    store = TelemetryStore(embedded_engine(tmp_path_factory.mktemp("policy-telemetry")))
    asyncio.run(store.open(retention_days=20_000))
    yield store
    asyncio.run(store.close())


@pytest.fixture
def api(tmp_path: Path, telemetry: TelemetryStore) -> Iterator[PolicyApi]:
    asyncio.run(telemetry.on_writer(lambda: telemetry.command("TRUNCATE TABLE spans")))
    clock, state = FakeClock(NOW_S), open_state("", tmp_path, now_ns=1)
    policies = PolicyStore(state)
    router = policy_router(policies, telemetry, load_price_book(), clock)
    app = create_api(telemetry, {}, tmp_path / "no-build", clock=clock, routers=[router])
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield PolicyApi(client, policies, clock, telemetry)
    state.close()

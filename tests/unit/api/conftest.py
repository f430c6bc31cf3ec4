"""The API over a real embedded store with a seeded shop."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.health import ComponentHealth, HealthCheck
from lrcp.kit.clock import FakeClock
from lrcp.model.evaluation import Evaluation
from lrcp.model.span import Span
from lrcp.store.telemetry.columns import evaluation_table, span_table
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore
from tests.support.seeded_shop import shop_spans


@dataclass
class Served:
    """A store, the API on it, and a client; time stands still at clock."""

    store: TelemetryStore
    client: TestClient
    clock: FakeClock
    health: dict[str, HealthCheck]

    def insert(self, *spans: Span) -> None:
        table = span_table(spans, [True] * len(spans), [0] * len(spans))
        asyncio.run(self.store.on_writer(lambda: self.store.insert("spans", table)))

    def insert_evaluations(self, *evaluations: Evaluation) -> None:
        table = evaluation_table(evaluations, [0] * len(evaluations))
        asyncio.run(self.store.on_writer(lambda: self.store.insert("evaluations", table)))

    def get(self, path: str, expect: int = 200, **params: object) -> dict:  # type: ignore[type-arg]
        renamed = {name.rstrip("_"): value for name, value in params.items()}
        reply = self.client.get(path, params=renamed)
        assert reply.status_code == expect, reply.text[:500]
        return reply.json()  # type: ignore[no-any-return]

    def sql(self, query: str, expect: int = 200) -> dict:  # type: ignore[type-arg]
        reply = self.client.post("/api/sql", json={"query": query})
        assert reply.status_code == expect, reply.text[:500]
        return reply.json()  # type: ignore[no-any-return]


async def _fine() -> ComponentHealth:
    return ComponentHealth("ok")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An empty store, served."""
    directory: Path = tmp_path_factory.mktemp("api")
    store = TelemetryStore(embedded_engine(directory / "store"))
    asyncio.run(store.open(retention_days=30))
    health: dict[str, HealthCheck] = {"store": _fine}
    clock = FakeClock(int(time.time()))
    app = create_api(store, health, directory / "no-build", clock=clock)
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield Served(store, client, clock, health)
    asyncio.run(store.close())


@pytest.fixture(scope="module")
def shop(served: Served) -> tuple[Served, list[Span]]:
    """The store with 300 shop traces of the last hour."""
    spans = list(shop_spans(300, end_ns=served.clock.now_ns() - 10_000_000_000, over_s=3_500))
    served.insert(*spans)
    return served, spans

"""The key routes over a real state database."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.keys.routes import key_router
from lrcp.kit.clock import FakeClock
from lrcp.store.state.keys import KeyStore
from lrcp.store.state.store import open_state
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore


@dataclass
class KeyApi:
    """The routes, and what stands behind them."""

    client: TestClient
    keys: KeyStore
    clock: FakeClock

    def make(self, name: str = "shop", *, expect: int = 201, **members: Any) -> Any:
        reply = self.client.post("/api/keys", json={"name": name, **members})
        assert reply.status_code == expect, reply.text
        return reply.json()

    def listed(self, **query: Any) -> Any:
        reply = self.client.get("/api/keys", params=query)
        assert reply.status_code == 200, reply.text
        return reply.json()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[KeyApi]:
    clock, state = FakeClock(1_900_000_020.0), open_state("", tmp_path, now_ns=1)
    keys = KeyStore(state)
    telemetry = TelemetryStore(embedded_engine(tmp_path / "never-opened"))
    app = create_api(telemetry, {}, tmp_path / "no-build", clock=clock, routers=[key_router(keys, clock)])
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as client:
        yield KeyApi(client, keys, clock)
    state.close()

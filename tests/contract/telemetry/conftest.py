"""The engines that the telemetry store runs on, each empty."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrcp.store.telemetry.engine import Connect, embedded_engine, server_engine
from tests.support.clickhouse_server import ClickHouseServer, running_clickhouse


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with running_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture
def database(clickhouse: ClickHouseServer) -> str:
    """Name of a new, empty database of the server."""
    name = f"telemetry_{uuid.uuid4().hex[:12]}"
    clickhouse.execute(f"CREATE DATABASE {name}")
    return name


@pytest.fixture(params=["embedded", "server"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Connect:
    """The way to an empty store of each kind."""
    if request.param == "embedded":
        return embedded_engine(tmp_path / "store")
    server: ClickHouseServer = request.getfixturevalue("clickhouse")
    return server_engine(server.dsn(request.getfixturevalue("database")))

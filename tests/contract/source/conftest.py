"""The sources, each filled with the same points."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrcp.store.telemetry.engine import embedded_engine, server_engine
from tests.contract.source.filled import Fill, FilledStore, fill_memory
from tests.support.clickhouse_server import ClickHouseServer, running_clickhouse


@pytest.fixture(scope="module")  # a process has one embedded engine open at a time
def embedded_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilledStore]:
    with FilledStore(embedded_engine(tmp_path_factory.mktemp("source"))) as store:
        yield store


@pytest.fixture(scope="module")
def source_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    with running_clickhouse(tmp_path_factory.mktemp("source_server")) as server:
        yield server


@pytest.fixture(scope="module")
def server_store(source_server: ClickHouseServer) -> Iterator[FilledStore]:
    source_server.execute("CREATE DATABASE sources")
    with FilledStore(server_engine(source_server.dsn("sources"))) as store:
        yield store


@pytest.fixture(params=["memory", "embedded", "server"])
def fill(request: pytest.FixtureRequest, tmp_path: Path) -> Fill:
    """What makes a source of series and reports of checks."""
    if request.param == "memory":
        return fill_memory
    store: FilledStore = request.getfixturevalue(f"{request.param}_store")
    return store.fill

"""What only a ClickHouse server can do: be gone, come back, and refuse."""

import asyncio
from pathlib import Path

import pytest

from lrcp.model.batch import Batch
from lrcp.model.errors import InputError, SettingsError, UnavailableError
from lrcp.model.ids import payload_digest
from lrcp.store.telemetry.engine import server_engine
from lrcp.store.telemetry.store import TelemetryStore
from tests.support.clickhouse_server import PASSWORD, ClickHouseServer, running_clickhouse
from tests.support.telemetry import Stack, make_span, with_stack


def test_a_server_that_goes_away_is_unavailable_and_works_again_when_it_is_back(tmp_path: Path) -> None:
    def batch() -> Batch:
        return Batch(spans=[make_span(1), make_span(2)], digest=payload_digest(b"x"))

    with running_clickhouse(tmp_path) as server:
        server.execute("CREATE DATABASE lrcp")

        async def scenario(stack: Stack) -> None:
            await stack.pipeline.consume(Batch(spans=[make_span(9)]))
            await asyncio.to_thread(server.stop)
            with pytest.raises(UnavailableError):
                await stack.store.query("SELECT 1")
            with pytest.raises(UnavailableError):
                await stack.pipeline.consume(batch())
            await asyncio.to_thread(server.start)
            await stack.pipeline.consume(batch())
            await stack.pipeline.consume(batch())
            assert await stack.rows("SELECT count(), uniqExact(span_id) FROM spans") == [(3, 3)]

        with_stack(server_engine(server.dsn("lrcp")), scenario)


@pytest.mark.parametrize(
    "dsn", ["nonsense", "clickhouse://", "postgresql://u:hunter2@h/db", "clickhouse://u:hunter2@h:port/db"]
)
def test_a_dsn_that_is_none_is_refused_without_repeating_it(dsn: str) -> None:
    with pytest.raises(SettingsError, match="LRCP_STORE_DSN") as raised:
        server_engine(dsn)
    assert "hunter2" not in str(raised.value)


def test_a_wrong_password_and_a_database_that_is_not_there_are_settings_to_mend(clickhouse: ClickHouseServer) -> None:
    for dsn, says in ((clickhouse.dsn("default", "wrong-one"), "Authentication"), (clickhouse.dsn("nope"), "nope")):
        with pytest.raises(SettingsError, match=says) as raised:
            server_engine(dsn)()
        assert PASSWORD not in str(raised.value)
        assert "wrong-one" not in str(raised.value)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1 ") as raised:
        server_engine("clickhouse://lrcp:hunter2@127.0.0.1:1/db")()
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO spans (trace_id) VALUES ('x')",
        "DROP TABLE spans",
        "ALTER TABLE spans DELETE WHERE 1",
        "CREATE TABLE x (a Int8) ENGINE = Memory",
        "SELECT 1 SETTINGS readonly = 0",
    ],
)
def test_a_statement_that_is_to_read_cannot_change_anything(
    clickhouse: ClickHouseServer, database: str, sql: str
) -> None:
    async def scenario() -> None:
        store = TelemetryStore(server_engine(clickhouse.dsn(database)))
        await store.open(30)
        with pytest.raises(InputError, match="readonly"):
            await store.query(sql, settings={"readonly": 2, "max_execution_time": 15})
        await store.close()

    asyncio.run(scenario())

"""What only a store has: bounds on series, statements that are shared, and that it may be away."""

import asyncio

import numpy as np
import pytest

from lrcp.model.errors import CostlyError, UnavailableError
from lrcp.query.memory.series import MemorySeries
from lrcp.query.metric.ast import Everything, TagMatch
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import CheckScan, Scan, SeriesScan, SketchScan
from lrcp.store.telemetry.engine import server_engine
from lrcp.store.telemetry.source import statement
from lrcp.store.telemetry.source.source import TelemetrySource
from lrcp.store.telemetry.store import TelemetryStore
from tests.contract.source.filled import FilledStore
from tests.support.clickhouse_server import ClickHouseServer

T0 = 1_790_000_000
GRID = Grid(T0, 10, 3)


def many(metric: str, type: str = "count", n: int = 50) -> list[MemorySeries]:
    return [MemorySeries(metric, type, (f"host:h{i}",), [T0, T0 + 10, T0 + 20], [1.0, 2.0, 3.0]) for i in range(n)]


def test_beyond_the_bound_the_same_series_are_kept_at_every_tick_and_the_rest_is_counted(
    embedded_store: FilledStore,
) -> None:
    answer = embedded_store.fill([*many("m"), *many("few", n=3)], max_series=20)
    scans = [SeriesScan(metric, Everything(), grid) for metric in ("m", "few") for grid in (GRID, Grid(T0 + 10, 10, 2))]
    blocks = [answer([scan])[scan] for scan in scans]
    assert [(len(block.tags), block.cut) for block in blocks] == [(20, 30), (20, 30), (3, 0), (3, 0)]  # type: ignore[union-attr]
    assert sorted(blocks[0].tags) == sorted(blocks[1].tags)  # type: ignore[union-attr]


def test_an_answer_with_too_many_rows_is_read_metric_by_metric_and_cut(
    embedded_store: FilledStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = embedded_store.fill([*many("m"), *many("few", n=3)])
    scans: list[Scan] = [SeriesScan(metric, Everything(), GRID) for metric in ("m", "few")]
    whole = answer(scans)
    bounded = {**statement.SETTINGS, "max_rows_to_group_by": 60}
    monkeypatch.setattr(statement, "SETTINGS", bounded)
    monkeypatch.setattr("lrcp.store.telemetry.source.rows.MAX_ROWS", 60)
    blocks = answer(scans)
    assert [(len(blocks[scan].tags), blocks[scan].cut) for scan in scans] == [(20, 30), (3, 0)]  # type: ignore[union-attr]
    assert set(blocks[scans[0]].tags) < set(whole[scans[0]].tags)  # type: ignore[union-attr]
    assert blocks[scans[0]].sum[0].tolist() == [1, 2, 3]  # type: ignore[union-attr]


def test_a_statement_that_takes_too_much_is_told_from_a_store_that_is_away(
    embedded_store: FilledStore, server_store: FilledStore
) -> None:
    heavy = "SELECT sum(cityHash64(number)) FROM numbers(1000000000000)"
    grouped = "SELECT groupArray(number) FROM numbers(100000000)"
    for filled in (embedded_store, server_store):
        with pytest.raises(CostlyError):
            filled.run(filled.store.query(heavy, settings={"max_execution_time": 0.2}))
        with pytest.raises(CostlyError):
            filled.run(filled.store.query(grouped, settings={"max_memory_usage": 10_000_000}))


def test_groups_of_percentiles_are_bounded_too(embedded_store: FilledStore) -> None:
    answer = embedded_store.fill(many("d", "distribution"), max_series=20)
    scan = SketchScan("d", Everything(), ("host",), GRID, 0.5)
    block = answer([scan])[scan]
    assert (len(block.groups), block.cut) == (20, 30)  # type: ignore[union-attr]


def test_new_series_are_seen_at_the_next_tick(embedded_store: FilledStore) -> None:
    answer = embedded_store.fill(many("m", n=2))
    scan = SeriesScan("m", Everything(), GRID)
    assert len(answer([scan])[scan].tags) == 2  # type: ignore[union-attr]
    store = embedded_store.store
    source = TelemetrySource(store)
    embedded_store.run(source.fetch([scan]))
    embedded_store.fill(many("m", n=5))
    block = embedded_store.run(source.fetch([scan]))[scan]
    assert sorted(block.tags) == sorted((f"host:h{i}",) for i in range(5))


def test_every_kind_of_scan_says_unavailable_when_the_store_is_away(source_server: ClickHouseServer) -> None:
    source_server.execute("CREATE DATABASE away")
    scans: list[Scan] = [
        SeriesScan("m", Everything(), GRID),
        SketchScan("m", Everything(), (), GRID, 0.5),
        CheckScan("c", (), (), (), 1, T0, T0 + 10),
    ]

    async def scenario() -> None:
        store = TelemetryStore(server_engine(source_server.dsn("away")))
        await store.open(3650)
        source = TelemetrySource(store)
        assert len(await source.fetch(scans)) == 3
        source_server.stop()
        try:
            for scan in scans:
                with pytest.raises(UnavailableError):
                    await source.fetch([scan])
        finally:
            source_server.start()
        assert len(await source.fetch(scans)) == 3
        await store.close()

    asyncio.run(scenario())


def test_statements_are_shared(embedded_store: FilledStore, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = embedded_store.fill([*many("m"), *many("n")])
    scans = [
        SeriesScan(metric, TagMatch("host", f"h{i}"), Grid(T0 - 10 * (i % 4), 10, 5))
        for metric in ("m", "n")
        for i in range(25)
    ]
    answer(scans)
    asked: list[str] = []
    real = statement.read_columns
    for module in ("rows", "catalogue"):
        monkeypatch.setattr(
            f"lrcp.store.telemetry.source.{module}.read_columns",
            lambda store, one, **more: asked.append(one.sql) or real(store, one, **more),
        )
    assert all(np.nansum(block.sum) for block in answer(scans).values())  # type: ignore[union-attr]
    assert len(asked) == 1

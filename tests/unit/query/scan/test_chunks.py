"""Reading history in chunks gives what reading each window gives."""

import asyncio
import random
from collections.abc import Collection, Mapping

import numpy as np
import pytest

from lrcp.model.event import ServiceCheck
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.metric.ast import Everything
from lrcp.query.scan.blocks import Block, CheckBlock, GroupBlock, SeriesBlock
from lrcp.query.scan.chunks import ChunkedSource
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import CheckScan, Scan, SeriesScan, SketchScan

START_S = 1_700_000_000


class CountingSource:
    """Counts what passes to a source."""

    def __init__(self, source: MemorySource) -> None:
        self.source, self.fetched = source, 0

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        self.fetched += len(scans)
        return await self.source.fetch(scans)


@pytest.fixture(scope="module")
def source() -> MemorySource:
    """A day of gauges that come and go, and of a distribution."""
    rng = random.Random(1)
    series = []
    for host in range(5):
        times = sorted(START_S + rng.uniform(host * 10_000, host * 10_000 + 40_000) for _ in range(500))
        for metric, kind in (("load", "gauge"), ("took", "distribution")):
            series.append(MemorySeries(metric, kind, (f"host:{host}",), times, [rng.uniform(1, 9) for _ in times]))
    checks = [ServiceCheck((START_S + at) * 10**9, "up", "ok", tags=("host:a",)) for at in range(0, 80_000, 600)]
    return MemorySource(series, checks=checks)


def assert_equal(found: Block, expected: Block) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, SeriesBlock) and isinstance(found, SeriesBlock):
        assert found.tags == expected.tags
        for name in ("count", "sum", "minimum", "maximum", "last"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    elif isinstance(expected, GroupBlock) and isinstance(found, GroupBlock):
        found_rows, expected_rows = (dict(zip(one.groups, one.values, strict=True)) for one in (found, expected))
        assert found_rows.keys() == expected_rows.keys()
        for group, values in expected_rows.items():
            np.testing.assert_allclose(found_rows[group], values)
    else:
        assert isinstance(found, CheckBlock)
        assert found == expected


def window(rng: random.Random, end_s: int) -> list[Scan]:
    """Scans of several kinds and sizes that end at a moment."""
    step_s = rng.choice([10, 60, 300, 3600])
    count = rng.choice([1, 5, 12])
    grid = Grid(end_s - step_s * count, step_s, count)
    return [
        SeriesScan("load", Everything(), grid),
        SketchScan("took", Everything(), ("host",), grid, 0.9),
        CheckScan("up", (), (), ("host",), 3, end_s - 3600, end_s),
    ]


def test_windows_out_of_chunks_are_those_of_the_source(source: MemorySource) -> None:
    rng = random.Random(2)
    chunked = ChunkedSource(source, chunk_s=7200)

    async def scenario() -> None:
        end_s = START_S - START_S % 10
        while end_s < START_S + 90_000:
            scans = window(rng, end_s)
            found, expected = await chunked.fetch(scans), await source.fetch(scans)
            for scan in scans:
                assert_equal(found[scan], expected[scan])
            end_s += rng.choice([10, 60, 120, 600])

    asyncio.run(scenario())


def test_history_is_read_once(source: MemorySource) -> None:
    counting = CountingSource(source)
    chunked = ChunkedSource(counting)

    async def scenario() -> None:
        for end_s in range(1_700_006_400, 1_700_006_400 + 86_400, 60):
            await chunked.fetch([SeriesScan("load", Everything(), Grid(end_s - 300, 60, 5))])

    asyncio.run(scenario())
    assert counting.fetched <= 9

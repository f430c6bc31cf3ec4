"""MemorySource: answers scans from points in memory; the same answers as the store's, without a store."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from lrcp.model.errors import InputError
from lrcp.model.event import ServiceCheck
from lrcp.model.metric import BUCKET_S
from lrcp.query.memory.checks import MemoryChecks
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.table import MetricTable
from lrcp.query.scan.blocks import Block, GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import CheckScan, EventScan, Scan, SeriesScan, SketchScan


class EventRecords(Protocol):
    """Logs, spans and events in memory."""

    def answer(self, scan: EventScan) -> GroupBlock:
        """The groups of one scan."""


class MemorySource:
    """A Source. Its arrays are made once, when a metric is first asked for, so that thousands of windows are cheap."""

    def __init__(
        self,
        series: Sequence[MemorySeries] = (),
        events: EventRecords | None = None,
        checks: Sequence[ServiceCheck] = (),
    ) -> None:
        self._series: dict[str, dict[str, list[MemorySeries]]] = {}
        for one in series:
            self._series.setdefault(one.metric, {}).setdefault(one.type, []).append(one)
        self._tables: dict[str, list[MetricTable]] = {}
        self._events = events
        self._checks = MemoryChecks(checks)

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        """As Source.fetch."""
        return self.answer(scans)

    def answer(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        """The same at once: nothing here waits."""
        return {scan: self._answer(scan) for scan in scans}

    def _answer(self, scan: Scan) -> Block:
        match scan:
            case SeriesScan():
                return self._series_block(scan)
            case SketchScan():
                table = next((one for one in self._metric(scan.metric) if one.type == "distribution"), None)
                check_grid(scan.grid)
                return GroupBlock.empty(scan.grid) if table is None else table.group_block(scan)
            case EventScan():
                return GroupBlock.empty(scan.grid) if self._events is None else self._events.answer(scan)
            case CheckScan():
                return self._checks.answer(scan)

    def _series_block(self, scan: SeriesScan) -> SeriesBlock:
        check_grid(scan.grid)
        tables = self._metric(scan.metric)
        if not tables:
            return SeriesBlock.empty(scan.grid)
        if len(tables) == 1:
            return tables[0].series_block(scan)
        points = {table.type: table.points_in(scan) for table in tables}
        chosen = max(tables, key=lambda table: (points[table.type], table.type))
        block = chosen.series_block(scan)
        block.other_types = tuple(sorted(type for type, n in points.items() if n and type != chosen.type))
        return block

    def _metric(self, metric: str) -> list[MetricTable]:
        tables = self._tables.get(metric)
        if tables is None:
            by_type = self._series.get(metric, {})
            tables = self._tables[metric] = [MetricTable(given) for given in by_type.values()]
        return tables


def check_grid(grid: Grid) -> None:
    """Raises: InputError - the grid does not stand on the buckets that points are kept in."""
    if grid.start_s % BUCKET_S or grid.step_s % BUCKET_S or grid.step_s <= 0 or grid.count < 1:
        raise InputError(f"a grid begins and steps in multiples of {BUCKET_S} s and has a bucket: {grid}")

"""TelemetrySource: answers scans from the telemetry store."""

from collections.abc import Collection, Mapping
from typing import Final

from lrcp.query.memory.source import check_grid
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import CheckScan, EventScan, Scan, SeriesScan, SketchScan
from lrcp.store.telemetry.source.catalogue import Catalogue
from lrcp.store.telemetry.source.checks import read_checks
from lrcp.store.telemetry.source.events import read_events
from lrcp.store.telemetry.source.series import SeriesReader
from lrcp.store.telemetry.source.sketches import SketchReader
from lrcp.store.telemetry.store import TelemetryStore

MAX_SERIES: Final = 100_000


class TelemetrySource:
    """A Source over one store. max_series: of one metric in one block; beyond, the block is cut and says so."""

    def __init__(self, store: TelemetryStore, max_series: int = MAX_SERIES) -> None:
        self._store = store
        catalogue = Catalogue(store)
        self._series = SeriesReader(store, catalogue, max_series)
        self._sketches = SketchReader(store, catalogue, max_series)

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        """As Source.fetch. The statements and the work on their rows run on one of the store's reader threads."""
        return await self._store.on_reader(lambda: self._answer(scans))

    def _answer(self, scans: Collection[Scan]) -> dict[Scan, Block]:
        series = [scan for scan in scans if isinstance(scan, SeriesScan)]
        sketches = [scan for scan in scans if isinstance(scan, SketchScan)]
        checks = [scan for scan in scans if isinstance(scan, CheckScan)]
        for grid in {scan.grid for scan in series} | {scan.grid for scan in sketches}:
            check_grid(grid)
        blocks = self._series.answer(series) | self._sketches.answer(sketches) | read_checks(self._store, checks)
        blocks.update(read_events(self._store, [scan for scan in scans if isinstance(scan, EventScan)]).items())
        return blocks

"""Series scans over `metrics`: one statement a reading, its rows as dense arrays, of which each scan takes its part."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.query.scan.blocks import Block, SeriesBlock
from lrcp.query.scan.grid import Array
from lrcp.query.scan.scans import Scan, SeriesScan
from lrcp.store.telemetry.source.catalogue import Catalogue
from lrcp.store.telemetry.source.reading import Part, Reading, plan_readings, reading_key
from lrcp.store.telemetry.source.rows import Rows, read_rows
from lrcp.store.telemetry.store import TelemetryStore

MAX_CELLS: Final = 20_000_000
"""Series times buckets of one metric: 800 MB of its five arrays."""


class SeriesReader:
    """Answers series scans. max_series: of one metric; beyond, its blocks are cut."""

    def __init__(self, store: TelemetryStore, catalogue: Catalogue, max_series: int) -> None:
        self._store = store
        self._catalogue = catalogue
        self._max_series = max_series

    def answer(self, scans: list[SeriesScan]) -> dict[Scan, Block]:
        """On a store thread. Raises: UnavailableError, InputError."""
        blocks: dict[Scan, Block] = {scan: SeriesBlock.empty(scan.grid) for scan in scans}
        wanted: dict[tuple[tuple[int, int], str], list[SeriesScan]] = {}
        for scan in scans:
            wanted.setdefault((reading_key(scan), scan.metric), []).append(scan)
        for reading in plan_readings(scans):
            for rows in read_rows(self._store, reading, self._max_series):
                tags = self._catalogue.learn(np.unique(rows.series), reading.parts)
                answer = _Answer(reading, rows, tags, self._catalogue.units(reading.parts))
                for part in reading.parts:
                    for metric in part.metrics:
                        of = wanted[(reading.step_s, reading.phase_s), metric]
                        within = [scan for scan in of if part.start_s <= scan.grid.start_s < part.end_s]
                        blocks |= self._blocks(within, metric, part, answer)
        return blocks

    def _blocks(self, scans: list[SeriesScan], metric: str, part: Part, answer: "_Answer") -> dict[Scan, Block]:
        """Blocks of one metric over one part of time; none where it has no rows here."""
        reading, rows = answer.reading, answer.rows
        first, last = ((at_s - reading.phase_s) // reading.step_s for at_s in (part.start_s, part.end_s))
        places = rows.places(metric, first, last)
        if not len(places):
            return {}
        bound = max(1, min(self._max_series, MAX_CELLS // (last - first)))
        types = np.unique(rows.type[places])
        tables = [
            _Table(answer, metric, places[rows.type[places] == type], (first, last), self._catalogue, bound)
            for type in types
        ]
        return {scan: _block(tables, scan, reading) for scan in scans}


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one statement gave, and what is known of its series."""

    reading: Reading
    rows: Rows
    tags: Mapping[int, tuple[str, ...]]
    units: Mapping[str, str]


class _Table:
    """The series of one metric and type over some buckets, dense. arrays: float64[5, series, buckets], NaN without a point."""

    def __init__(
        self,
        answer: _Answer,
        metric: str,
        places: NDArray[np.int64],
        buckets: tuple[int, int],
        catalogue: Catalogue,
        max_series: int,
    ) -> None:
        rows = answer.rows
        self.type, self.unit, self.first_bucket = (
            rows.types[rows.type[places[0]]],
            answer.units.get(metric, ""),
            buckets[0],
        )
        series, series_of = np.unique(rows.series[places], return_inverse=True)
        self.cut = max(0, len(series) - max_series) + rows.cut
        if len(series) > max_series:
            kept = series_of < max_series
            series, series_of, places = series[:max_series], series_of[kept], places[kept]
        self.index = catalogue.index(series, answer.tags)
        self.arrays = np.full((5, len(series), buckets[1] - buckets[0]), np.nan)
        self.arrays[:, series_of, rows.buckets[places] - buckets[0]] = rows.statistics[:, places]
        self.interval_s = np.zeros(len(series))
        np.maximum.at(self.interval_s, series_of, rows.interval_s[places])

    def block(self, scan: SeriesScan, reading: Reading) -> SeriesBlock:
        """What a scan wants of it; series without a point in the grid are left out."""
        begin = (scan.grid.start_s - reading.phase_s) // reading.step_s - self.first_bucket
        window = self.arrays[:, :, begin : begin + scan.grid.count]
        kept = np.flatnonzero(self.index.mask(scan.scope) & ~np.isnan(window[0]).all(axis=1))
        if not len(kept):
            return replace(SeriesBlock.empty(scan.grid), cut=self.cut)
        count, total, low, high, last = window[:, kept]
        tags = self.index.select(kept)
        return SeriesBlock(self.type, self.unit, tags, self.interval_s[kept], count, total, low, high, last, self.cut)


def _block(tables: list[_Table], scan: SeriesScan, reading: Reading) -> SeriesBlock:
    """The block of the type with the most points; most names have one type."""
    if len(tables) == 1:
        return tables[0].block(scan, reading)
    found = {table.type: table.block(scan, reading) for table in tables}
    points = {type: _points(block.count) for type, block in found.items()}
    chosen = max(points, key=lambda type: (points[type], type))
    found[chosen].other_types = tuple(sorted(type for type, n in points.items() if n and type != chosen))
    return found[chosen]


def _points(count: Array) -> float:
    return float(np.nansum(count))

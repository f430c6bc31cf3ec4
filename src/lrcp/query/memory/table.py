"""MetricTable: one metric's points as the store keeps them, statistics by series and bucket, in arrays by time."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lrcp.model.metric import BUCKET_S
from lrcp.query.memory.series import MemorySeries, Points, gather_points
from lrcp.query.metric.scope_match import TagIndex
from lrcp.query.scan.blocks import GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import SeriesScan, SketchScan
from lrcp.query.scan.sketch import Bins, bin_values, count_where, quantiles


@dataclass(slots=True)
class BucketRows:
    """Rows by (bucket, series). Statistics as in SeriesBlock; of a set, of its distinct members in the bucket."""

    buckets: NDArray[np.int64]
    series: NDArray[np.int64]
    count: Array
    sum: Array
    minimum: Array
    maximum: Array
    last: Array


class MetricTable:
    """The series of one metric and type."""

    def __init__(self, given: Sequence[MemorySeries]) -> None:
        self.type = given[0].type
        self._points = gather_points(given, BUCKET_S)
        self.index = TagIndex(self._points.tags)
        self._rows = _bucket_rows(self._points, self.type)

    def points_in(self, scan: SeriesScan | SketchScan) -> float:
        """How many points there are within a scan's scope and time."""
        rows, mask = self._slice(scan.grid), self.index.mask(scan.scope)
        return float(self._rows.count[rows][mask[self._rows.series[rows]]].sum())

    def series_block(self, scan: SeriesScan) -> SeriesBlock:
        """Series without a point in the grid are left out."""
        rows, at = self._rows, self._slice(scan.grid)
        series, buckets = rows.series[at], rows.buckets[at]
        kept = np.flatnonzero(self.index.mask(scan.scope)[series])
        if not len(kept):
            return SeriesBlock.empty(scan.grid)
        present, row_of = np.unique(series[kept], return_inverse=True)
        cells = row_of * scan.grid.count + _columns(buckets[kept], scan.grid)
        shape = (len(present), scan.grid.count)
        columns = (rows.count, rows.sum, rows.minimum, rows.maximum, rows.last)
        count, sum, low, high, last = _fold(cells, shape, *(column[at][kept] for column in columns))
        tags, interval_s = self.index.select(present), self._points.interval_s[present]
        return SeriesBlock(self.type, self._points.unit, tags, interval_s, count, sum, low, high, last)

    def group_block(self, scan: SketchScan) -> GroupBlock:
        """Percentiles or counts by group; only of a distribution is there anything."""
        if self.type != "distribution":
            return GroupBlock.empty(scan.grid)
        present, bins, low, high = self._cells(scan)
        size = len(present) * scan.grid.count
        if scan.condition is not None:
            values = count_where(bins, size, scan.condition, low, high)
        else:
            values = quantiles(bins, size, scan.quantile or 0.0, low, high)
        names = self.index.groups(scan.by).names
        return GroupBlock([names[i] for i in present.tolist()], values.reshape(len(present), scan.grid.count))

    def _cells(self, scan: SketchScan) -> tuple[NDArray[np.int64], Bins, Array, Array]:
        """The groups that are present, and of their cells (group * grid.count + bucket) bins, smallest and largest value."""
        sketch, grid = self._sketch_rows, scan.grid
        at = slice(*np.searchsorted(sketch.buckets, (grid.start_s // BUCKET_S, grid.end_s // BUCKET_S)))
        series = sketch.series[at]
        within = np.flatnonzero(self.index.mask(scan.scope)[series])
        places, group = self.index.groups(scan.by).expand(series[within])
        kept = within[places]
        present, row_of = np.unique(group, return_inverse=True)
        cells = row_of * grid.count + _columns(sketch.buckets[at][kept], grid)
        low, high = np.full(len(present) * grid.count, np.inf), np.full(len(present) * grid.count, -np.inf)
        np.minimum.at(low, cells, sketch.minimum[at][kept])
        np.maximum.at(high, cells, sketch.maximum[at][kept])
        return present, Bins(cells, sketch.last[at][kept], sketch.count[at][kept]), low, high

    @cached_property
    def _sketch_rows(self) -> BucketRows:
        """Rows by (bucket, series, bin); `last` is what the bin stands for."""
        points = self._points
        values = bin_values(points.values)
        order = np.lexsort((values, points.series, points.buckets))
        starts = _run_starts(points.buckets[order], points.series[order], values[order])
        rows = _reduce(points, order, starts)
        rows.last = values[order[starts]]
        return rows

    def _slice(self, grid: Grid) -> slice:
        return slice(*np.searchsorted(self._rows.buckets, (grid.start_s // BUCKET_S, grid.end_s // BUCKET_S)))


def _columns(buckets: NDArray[np.int64], grid: Grid) -> NDArray[np.int64]:
    return (buckets * BUCKET_S - grid.start_s) // grid.step_s


def _fold(
    cells: NDArray[np.int64],
    shape: tuple[int, int],
    count: Array,
    sum: Array,
    minimum: Array,
    maximum: Array,
    last: Array,
) -> list[Array]:
    """Statistics of rows, in the order of time, to statistics of cells; NaN in a cell without a row."""
    size = shape[0] * shape[1]
    counts, sums = np.bincount(cells, count, size), np.bincount(cells, sum, size)
    low, high, newest = np.full(size, np.inf), np.full(size, -np.inf), np.full(size, np.nan)
    np.minimum.at(low, cells, minimum)
    np.maximum.at(high, cells, maximum)
    newest[cells] = last  # of several rows of a cell the last one stays
    nothing = np.isnan(newest)
    arrays: list[Array] = [counts.astype(float), sums.astype(float), low, high, newest]
    for array in arrays:
        array[nothing] = np.nan
    return [array.reshape(shape) for array in arrays]


def _bucket_rows(points: Points, type: str) -> BucketRows:
    order = np.lexsort((points.series, points.buckets))  # stable: within a row by time
    starts = _run_starts(points.buckets[order], points.series[order])
    rows = _reduce(points, order, starts)
    return _distinct(rows, points) if type == "set" else rows


def _run_starts(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """Where in sorted rows a new combination of values begins."""
    new = np.ones(len(columns[0]), bool)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.flatnonzero(new)


def _reduce(points: Points, order: NDArray[np.int64], starts: NDArray[np.int64]) -> BucketRows:
    """One row for each run of points."""
    values, weights, first = points.values[order], points.weights[order], order[starts]
    last = values[np.append(starts[1:], len(order)) - 1] if len(starts) else values
    columns = ((np.add, weights), (np.add, values * weights), (np.minimum, values), (np.maximum, values))
    over = [ufunc.reduceat(array, starts) if len(starts) else array for ufunc, array in columns]
    return BucketRows(points.buckets[first], points.series[first], over[0], over[1], over[2], over[3], last)


def _distinct(rows: BucketRows, points: Points) -> BucketRows:
    """Of a set each bucket is one point: how many distinct members it saw."""
    order = np.lexsort((points.values, points.series, points.buckets))
    members = order[_run_starts(points.buckets[order], points.series[order], points.values[order])]
    # One entry a member now, in the order of the rows: they are counted by their runs.
    starts = _run_starts(points.buckets[members], points.series[members])
    distinct = np.diff(np.append(starts, len(members))).astype(np.float64)
    return BucketRows(rows.buckets, rows.series, np.ones(len(starts)), distinct, distinct, distinct, distinct)

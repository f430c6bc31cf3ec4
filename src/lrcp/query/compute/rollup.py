"""From the points of each series to one value a bucket: the first step of an evaluation. Source: DATADOG.md 3.7, rules 3-5."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.model.metric import BUCKET_S
from lrcp.query.compute.leaf import Leaf
from lrcp.query.scan.blocks import SeriesBlock
from lrcp.query.scan.grid import Array, Grid

GAUGES: Final = frozenset({"gauge", "set"})
"""Types of which a value holds until the next; of a set each 10 s are one point, the number of its members."""


def regroup(block: SeriesBlock, scanned: Grid, wanted: Grid, edges: tuple[int, ...] = ()) -> SeriesBlock:
    """The statistics of a finer grid in the buckets of a coarser one, whose edges are among the finer ones' edges.

    edges: of unequal buckets of several columns each; a bucket's statistics stand in its first column, the others are empty.
    """
    if scanned == wanted and not edges:
        return block
    begin_s = scanned.starts_s
    if edges:
        begin_s = np.asarray(edges)[np.searchsorted(edges, begin_s, side="right") - 1]
    column = np.maximum(begin_s - wanted.start_s, 0) // wanted.step_s
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    if len(starts) == len(column) == wanted.count:
        return block
    places = column[starts]

    def over(fold: Callable[..., Array], array: Array) -> Array:
        wide = np.full((len(array), wanted.count), np.nan)
        wide[:, places] = fold(array, starts, axis=1)
        return wide

    nothing = np.isnan(block.count)
    counts = over(np.add.reduceat, np.where(nothing, 0.0, block.count))
    sums = over(np.add.reduceat, np.where(nothing, 0.0, block.sum))
    empty = ~(counts > 0)
    counts[empty] = sums[empty] = np.nan
    low, high = over(np.fmin.reduceat, block.minimum), over(np.fmax.reduceat, block.maximum)
    return replace(block, count=counts, sum=sums, minimum=low, maximum=high, last=over(_last, block.last))


def _last(array: Array, starts: NDArray[np.int64], axis: int) -> Array:
    """The newest value of each run of columns, NaN where there is none."""
    columns = np.where(np.isnan(array), -1, np.arange(array.shape[1]))
    newest = np.maximum.reduceat(columns, starts, axis=axis)
    there = newest >= starts  # what is newest of all may lie before the run
    return np.where(there, np.take_along_axis(array, np.maximum(newest, 0), axis=1), np.nan)


@dataclass(slots=True)
class Rolled:
    """values: float64[n, grid.count], one value a series and bucket. lifespan: 0 to 1, which part of the bucket the series
    was there, of weighted queries. interpolated: whether missing points may be filled by default."""

    values: Array
    gauge: bool
    lifespan: Array | None = None


def roll_up(block: SeriesBlock, leaf: Leaf) -> Rolled:
    """A value for each series and bucket, by the type of the metric and the query's modifiers; not of distributions.

    block: already in the buckets of the leaf's grid.
    """
    gauge = block.type in GAUGES
    step_s = bucket_s(leaf)
    values = _METHODS[leaf.method or _default_method(leaf, block.type)](block)
    if gauge:
        return Rolled(values, True, _lifespan(block, step_s) if leaf.weighted else None)
    added = leaf.method in ("", "sum")  # other methods give what they are named for, as_count or not
    if added and block.type == "rate" and (leaf.counted or leaf.rated):
        values = values * _interval_s(block)[:, None]  # how many there were
    if added and leaf.rated:
        values = values / step_s
    return Rolled(values, False)


def _default_method(leaf: Leaf, type: str) -> str:
    """What is counted is added up; a gauge and a rate, which are levels, are averaged."""
    added = type == "count" or (type == "rate" and (leaf.counted or leaf.rated))
    return "sum" if added else "avg"


def _interval_s(block: SeriesBlock) -> Array:
    return np.where(block.interval_s > 0, block.interval_s, BUCKET_S)


def bucket_s(leaf: Leaf) -> Array | int:
    """Seconds of a leaf's buckets: all the same, or by the calendar float64[columns], where a bucket begins its own."""
    grid = leaf.span.grid
    if not leaf.edges:
        return grid.step_s
    edges = np.asarray(leaf.edges)
    place = np.clip(np.searchsorted(edges, grid.starts_s, side="right") - 1, 0, len(edges) - 2)
    return np.diff(edges)[place].astype(np.float64)


def _lifespan(block: SeriesBlock, step_s: Array | int) -> Array:
    return np.minimum(1.0, block.count * _interval_s(block)[:, None] / step_s)


_METHODS: Final[dict[str, Callable[[SeriesBlock], Array]]] = {
    "avg": lambda block: block.sum / block.count,
    "sum": lambda block: block.sum,
    "min": lambda block: block.minimum,
    "max": lambda block: block.maximum,
    "count": lambda block: block.count,
    "last": lambda block: block.last,
}

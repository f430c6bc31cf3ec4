"""Blocks: the answers to scans, as columns."""

from dataclasses import dataclass, field

import numpy as np

from lrcp.query.scan.grid import Array, Grid


@dataclass(slots=True)
class SeriesBlock:
    """The answer to a SeriesScan. n series; every array float64[n, grid.count], NaN where a series has no point.

    type: count, gauge, rate, distribution, set; '' when n is 0. interval_s: the sender's own interval, float64[n], 0 unknown.
    tags: each series' tag set, sorted `key:value` or bare tags.
    count, sum, minimum, maximum: over the points of a bucket (a rate's sum is of per-second values); last: the newest.
    Of a set each 10 s are one point, its number of distinct members.
    cut: how many series there were beyond the source's bound. other_types: types under which the metric's name was sent
    as well; the block holds the type with the most points.
    """

    type: str
    unit: str
    tags: list[tuple[str, ...]]
    interval_s: Array
    count: Array
    sum: Array
    minimum: Array
    maximum: Array
    last: Array
    cut: int = 0
    other_types: tuple[str, ...] = ()

    @staticmethod
    def empty(grid: Grid) -> "SeriesBlock":
        """No series at all."""
        none = np.empty((0, grid.count))
        return SeriesBlock("", "", [], np.empty(0), none, none, none, none, none)


@dataclass(slots=True)
class GroupBlock:
    """The answer to a SketchScan or EventScan. groups: values of the keys, one tuple a group; values float64[n, grid.count].

    A group misses a key: it is left out. cut: how many groups there were beyond the scan's limit.
    Of an EventScan without keys there is always the group (). A bucket without records is 0 for count and cardinality,
    NaN for any other aggregation; a group without any value is left out.
    """

    groups: list[tuple[str, ...]]
    values: Array
    cut: int = 0

    @staticmethod
    def empty(grid: Grid) -> "GroupBlock":
        """No groups."""
        return GroupBlock([], np.empty((0, grid.count)))


@dataclass(slots=True)
class CheckBlock:
    """The answer to a CheckScan: by group, the statuses newest first ("ok", "warning", "critical", "unknown"), at most `last`.

    times_s: when the newest came. messages: of the newest.
    """

    groups: list[tuple[str, ...]] = field(default_factory=list)
    statuses: list[tuple[str, ...]] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)


Block = SeriesBlock | GroupBlock | CheckBlock

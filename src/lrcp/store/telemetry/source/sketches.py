"""Sketch scans over `metrics`: which series belong to which group is worked out here, merging is the engine's.

Two statements a reading, however many scans: the series that are there, then the merged sketches of all groups of all
scans. So a scope and a group mean what they mean in memory, and no pattern of a user stands in SQL.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lrcp.query.metric.ast import Scope
from lrcp.query.scan.blocks import Block, GroupBlock
from lrcp.query.scan.grid import Array
from lrcp.query.scan.scans import Scan, SketchScan
from lrcp.query.scan.sketch import RELATIVE_ERROR, Bins, count_where
from lrcp.store.telemetry.source.catalogue import SERIES, Catalogue
from lrcp.store.telemetry.source.reading import Reading, plan_readings, reading_key
from lrcp.store.telemetry.source.sketch_state import STORED_LEVELS, corrected, decode_state
from lrcp.store.telemetry.source.statement import Statement, bind_parts, read_columns
from lrcp.store.telemetry.store import TelemetryStore

Layer = tuple[str, Scope, tuple[str, ...]]
"""Metric, scope and keys: scans that agree in these have the same groups."""


@dataclass(slots=True)
class Grouping:
    """The groups of every layer, numbered through. groups: by layer the values of each group's keys, its first number.

    members: by series (metric and tags as one hash) the numbers of the groups that it belongs to. cut: by layer.
    """

    groups: dict[Layer, tuple[int, list[tuple[str, ...]]]] = field(default_factory=dict)
    members: dict[int, list[int]] = field(default_factory=dict)
    cut: dict[Layer, int] = field(default_factory=dict)
    size: int = 0


class SketchReader:
    """Answers sketch scans. max_groups: of one scan; beyond, its block is cut."""

    def __init__(self, store: TelemetryStore, catalogue: Catalogue, max_groups: int) -> None:
        self._store = store
        self._catalogue = catalogue
        self._max_groups = max_groups

    def answer(self, scans: list[SketchScan]) -> dict[Scan, Block]:
        """On a store thread. Raises: UnavailableError, InputError."""
        blocks: dict[Scan, Block] = {scan: GroupBlock.empty(scan.grid) for scan in scans}
        for reading in plan_readings(scans):
            metrics = set(reading.metrics)
            of = [
                scan
                for scan in scans
                if reading_key(scan) == (reading.step_s, reading.phase_s) and scan.metric in metrics
            ]
            grouping = self._group(of, reading)
            if grouping.members:
                blocks |= self._merge(of, reading, grouping)
        return blocks

    def _group(self, scans: list[SketchScan], reading: Reading) -> Grouping:
        """Which series there are, and the groups that they form."""
        values: dict[str, Any] = {}
        condition = bind_parts(reading.parts, values)
        sql = f"""
SELECT m.metric AS metric, {SERIES} AS series, {_KEY} AS key FROM metrics AS m
WHERE m.type = 'distribution' AND {condition} GROUP BY metric, series, key ORDER BY metric, series"""
        found = read_columns(self._store, Statement(sql, values))
        series, keys = found["series"].to_numpy(), found["key"].to_numpy()
        metric = np.array(found["metric"].to_pylist(), dtype=object)
        tags = self._catalogue.learn(np.unique(series), reading.parts)
        grouping = Grouping()
        for layer in dict.fromkeys((scan.metric, scan.scope, scan.by) for scan in scans):
            at = np.flatnonzero(metric == layer[0])
            index = self._catalogue.index(series[at], tags)
            within = np.flatnonzero(index.mask(layer[1]))
            of = index.groups(layer[2])
            places, groups = of.expand(within)
            self._add(grouping, layer, of.names, groups, keys[at][within][places])
        return grouping

    def _add(
        self,
        grouping: Grouping,
        layer: Layer,
        names: list[tuple[str, ...]],
        groups: NDArray[np.int64],
        keys: NDArray[np.uint64],
    ) -> None:
        """Number the groups of one layer, in the order of their values. groups, keys: pairs of a group and a member."""
        present = sorted(np.unique(groups).tolist(), key=lambda group: names[group])
        kept = present[: self._max_groups]
        grouping.cut[layer] = len(present) - len(kept)
        grouping.groups[layer] = (grouping.size, [names[group] for group in kept])
        numbers = {group: grouping.size + place for place, group in enumerate(kept)}
        grouping.size += len(kept)
        for key, group in zip(keys.tolist(), groups.tolist(), strict=True):
            number = numbers.get(group)
            if number is not None:
                grouping.members.setdefault(key, []).append(number)

    def _merge(self, scans: list[SketchScan], reading: Reading, grouping: Grouping) -> dict[Scan, Block]:
        levels = sorted({scan.quantile for scan in scans if scan.quantile is not None})
        merged = None if not levels else self._read(reading, grouping, _quantiles(levels))
        states = None
        if any(scan.condition is not None for scan in scans):
            states = self._read(reading, grouping, _STATES)
        blocks: dict[Scan, Block] = {}
        for scan in scans:
            source = states if scan.condition is not None else merged
            assert source is not None  # one was read for each kind of scan that there is
            blocks[scan] = _block(scan, reading, grouping, source, levels)
        return blocks

    def _read(self, reading: Reading, grouping: Grouping, what: str) -> "Merged":
        values: dict[str, Any] = {"step": reading.step_s, "phase": reading.phase_s}
        condition = bind_parts(reading.parts, values)
        sql = f"""
SELECT arrayJoin({_numbers(grouping)}) AS number, {_BUCKET} AS bucket, min(m.min) AS low, max(m.max) AS high, {what} AS sketch
FROM metrics AS m WHERE m.type = 'distribution' AND {condition} GROUP BY number, bucket"""
        found = read_columns(self._store, Statement(sql, values), output_format_arrow_string_as_string=0)
        return Merged(
            found["number"].to_numpy(),
            found["bucket"].to_numpy(),
            found["low"].to_numpy(),
            found["high"].to_numpy(),
            found["sketch"],
        )


_KEY: Final = "cityHash64(m.metric, m.tags)"
_BUCKET: Final = "toInt64(intDiv(toInt64(toUnixTimestamp(m.time)) - {phase:Int64}, {step:Int64}))"
_STATES: Final = f"CAST(quantilesDDMergeState({RELATIVE_ERROR}, {STORED_LEVELS})(m.sketch) AS String)"


def _quantiles(levels: list[float]) -> str:
    return f"quantilesDDMerge({RELATIVE_ERROR}, {', '.join(repr(float(level)) for level in levels)})(m.sketch)"


def _numbers(grouping: Grouping) -> str:
    """SQL for the numbers of a row's groups: numbers only, so nothing has to be bound."""
    places: dict[tuple[int, ...], int] = {(): 1}
    place_of = [places.setdefault(tuple(numbers), len(places) + 1) for numbers in grouping.members.values()]
    lists = ", ".join(f"[{', '.join(map(str, numbers))}]" for numbers in places)
    keys, chosen = ", ".join(map(str, grouping.members)), ", ".join(map(str, place_of))
    return f"arrayElement(CAST([{lists}] AS Array(Array(UInt32))), transform({_KEY}, CAST([{keys}] AS Array(UInt64)), [{chosen}], 1))"


@dataclass(slots=True)
class Merged:
    """Rows of merged sketches, one a group and bucket. sketch: quantiles, or states as bytes."""

    number: NDArray[np.int64]
    bucket: NDArray[np.int64]
    low: Array
    high: Array
    sketch: pa.ChunkedArray


def _block(scan: SketchScan, reading: Reading, grouping: Grouping, merged: Merged, levels: list[float]) -> GroupBlock:
    layer = (scan.metric, scan.scope, scan.by)
    first, groups = grouping.groups[layer]
    begin = (scan.grid.start_s - reading.phase_s) // reading.step_s
    column, row = merged.bucket - begin, merged.number.astype(np.int64) - first
    at = np.flatnonzero((row >= 0) & (row < len(groups)) & (column >= 0) & (column < scan.grid.count))
    values = np.full((len(groups), scan.grid.count), np.nan)
    values[row[at], column[at]] = _values(scan, merged, at, levels)
    kept = np.flatnonzero(~np.isnan(values).all(axis=1))
    return GroupBlock([groups[i] for i in kept.tolist()], values[kept], grouping.cut[layer])


def _values(scan: SketchScan, merged: Merged, at: NDArray[np.int64], levels: list[float]) -> Array:
    low, high = merged.low[at], merged.high[at]
    if scan.condition is None:
        answers = np.array(merged.sketch.combine_chunks().flatten()).reshape(-1, len(levels))
        found: Array = corrected(answers[at, levels.index(scan.quantile or 0.0)])
        return np.minimum(np.maximum(found, low), high)
    bins = [decode_state(merged.sketch[i].as_py()) for i in at.tolist()]
    if not bins:
        return np.empty(0)
    cells = np.repeat(np.arange(len(bins)), [len(values) for values, _ in bins])
    values, counts = (np.concatenate(column) for column in zip(*bins, strict=True))
    return count_where(Bins(cells, values, counts), len(bins), scan.condition, low, high)

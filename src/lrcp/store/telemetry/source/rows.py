"""Rows of `metrics` by series and bucket, as numpy columns in the order of their metrics."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from lrcp.query.scan.grid import Array
from lrcp.store.telemetry.source.catalogue import SERIES, Hashes
from lrcp.store.telemetry.source.reading import Reading
from lrcp.store.telemetry.source.statement import MAX_ROWS, Statement, TooManySeries, bind_parts, read_columns
from lrcp.store.telemetry.store import TelemetryStore


@dataclass(slots=True)
class Rows:
    """n rows; a metric's rows stand together. metric, type: places in metrics, types.

    buckets: numbers as in Reading. statistics: float64[5, n], in the order of
    SeriesBlock. cut: how many series of its one metric were left out.
    """

    metrics: dict[str, int]
    types: list[str]
    metric: NDArray[np.int64]
    type: NDArray[np.int64]
    series: Hashes
    buckets: NDArray[np.int64]
    interval_s: Array
    statistics: Array
    cut: int = 0

    def places(self, metric: str, first: int, last: int) -> NDArray[np.int64]:
        """The rows of a metric in the buckets [first, last)."""
        code = self.metrics.get(metric, -1)
        begin, end = np.searchsorted(self.metric, (code, code + 1))
        of = self.buckets[begin:end]
        within: NDArray[np.int64] = np.flatnonzero((of >= first) & (of < last))
        return within + int(begin)


def read_rows(store: TelemetryStore, reading: Reading, max_series: int) -> list[Rows]:
    """All rows of a reading, in one piece unless there are more than an answer may have; on a store thread.

    Raises: UnavailableError, InputError.
    """
    try:
        return [_read(store, reading)]
    except TooManySeries:
        metrics = reading.metrics
        if len(metrics) > 1:
            halves = (metrics[: len(metrics) // 2], metrics[len(metrics) // 2 :])
            return [rows for half in halves for rows in read_rows(store, _only(reading, half), max_series)]
        return [_read_cut(store, reading, max_series)]


def _read_cut(store: TelemetryStore, reading: Reading, max_series: int) -> Rows:
    """The series of one metric with the lowest hashes: the same ones at every tick, so that no group comes and goes."""
    buckets = sum((part.end_s - part.start_s) // reading.step_s for part in reading.parts)
    kept = max(1, min(max_series, MAX_ROWS // buckets))
    values: dict[str, Any] = {"kept": kept}
    distinct = f"SELECT DISTINCT {SERIES} AS series FROM metrics AS m WHERE {bind_parts(reading.parts, values)}"
    sql = f"""
SELECT count() AS series, (SELECT max(series) FROM ({distinct} ORDER BY series LIMIT {{kept:UInt64}})) AS last FROM ({distinct})"""
    found = read_columns(store, Statement(sql, values)).to_pylist()[0]
    return _read(store, reading, found["series"] - kept, found["last"])


def _only(reading: Reading, metrics: tuple[str, ...]) -> Reading:
    kept = set(metrics)
    parts = (replace(part, metrics=tuple(one for one in part.metrics if one in kept)) for part in reading.parts)
    return replace(reading, parts=tuple(part for part in parts if part.metrics))


def _read(store: TelemetryStore, reading: Reading, cut: int = 0, last: int | None = None) -> Rows:
    values: dict[str, Any] = {"step": reading.step_s, "phase": reading.phase_s}
    condition = bind_parts(reading.parts, values)
    if last is not None:
        condition += f" AND {SERIES} <= {int(last)}"
    table = read_columns(store, Statement(_PLAIN.format(condition=condition), values))
    if "set" in table["type"].unique().to_pylist():
        sets = read_columns(store, Statement(_SETS.format(condition=condition), values))
        table = pa.concat_tables([table.filter(pc.not_equal(table["type"], "set")), sets], unify_dictionaries=True)
    return _columns(table, cut)


_BUCKET: Final = "toInt64(intDiv(toInt64(toUnixTimestamp(m.time)) - {{phase:Int64}}, {{step:Int64}}))"
# argMax of the two members, as max of the tuple takes longer than all else together.
_PLAIN: Final = f"""
SELECT m.metric AS metric, m.type AS type, {SERIES} AS series, {_BUCKET} AS bucket,
    sum(m.count) AS count_of, sum(m.sum) AS sum_of, min(m.min) AS min_of, max(m.max) AS max_of,
    argMax(m.last_at.value, m.last_at.time_ns) AS last_of, max(m.interval_s) AS interval_of
FROM metrics AS m WHERE {{condition}} GROUP BY metric, type, series, bucket"""
_SETS: Final = f"""
SELECT metric, type, series, bucket, toFloat64(count()) AS count_of, sum(members_of) AS sum_of, min(members_of) AS min_of,
    max(members_of) AS max_of, argMax(members_of, time_of) AS last_of, max(interval_10s) AS interval_of
FROM (
    SELECT m.metric AS metric, m.type AS type, {SERIES} AS series, m.time AS time_of, any({_BUCKET}) AS bucket,
        toFloat64(uniqMerge(m.members)) AS members_of, max(m.interval_s) AS interval_10s
    FROM metrics AS m WHERE m.type = 'set' AND {{condition}} GROUP BY metric, type, series, time_of)
GROUP BY metric, type, series, bucket"""
_STATISTICS: Final = ("count_of", "sum_of", "min_of", "max_of", "last_of")


def _columns(table: pa.Table, cut: int) -> Rows:
    metrics, metric = _coded(table["metric"])
    types, type = _coded(table["type"])
    order = np.argsort(metric, kind="stable")
    return Rows(
        {name: code for code, name in enumerate(metrics)},
        types,
        metric[order],
        type[order],
        table["series"].to_numpy()[order],
        table["bucket"].to_numpy()[order],
        table["interval_of"].to_numpy()[order].astype(np.float64),
        np.stack([table[name].to_numpy()[order] for name in _STATISTICS]),
        cut,
    )


def _coded(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int64]]:
    """The distinct values of a column, and each row's place among them."""
    plain = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    joined = plain.unify_dictionaries().combine_chunks()
    if isinstance(joined, pa.ChunkedArray):
        joined = joined.chunk(0) if joined.num_chunks else pa.array([], column.type)
    return joined.dictionary.to_pylist(), joined.indices.to_numpy().astype(np.int64)

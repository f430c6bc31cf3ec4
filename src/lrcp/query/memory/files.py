"""Series from CSV and Parquet files: a column of times, a column of values, and tag columns, bound to a metric's name and type.

Files are read in batches, so that memory holds the points and not the text. A row that cannot be read is counted and the
first few are told; nothing is dropped in silence. Checked by tests/unit/query/memory/test_files.py
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lrcp.model.errors import InputError
from lrcp.model.metric import METRIC_TYPES
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.times import TimeForm, find_time_form, read_times
from lrcp.query.scan.grid import Array

MAX_POINTS: Final = 50_000_000
"""Of one file: 800 MB of times and values."""
MAX_FILE_SERIES: Final = 100_000
_BATCH_ROWS: Final = 262_144
_BLOCK_BYTES: Final = 8_000_000
_TOLD: Final = 5


@dataclass(slots=True, kw_only=True)
class FileSeries:
    """What a file held. times: how its times were written: `iso`, `s`, `ms`, `us`, `ns`. rows: all of them.

    bad: reason -> how many rows were left out for it. examples: the first bad rows, `row 17: ...`, rows from 1 without the
    heading; of a row with too many or too few cells its text. first_s, last_s: Unix seconds, None without a point.
    """

    series: list[MemorySeries]
    times: str
    rows: int = 0
    bad: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    first_s: float | None = None
    last_s: float | None = None


def load_series_file(
    path: Path,
    *,
    metric: str,
    type: str = "gauge",
    time: str = "time",
    value: str = "value",
    tags: tuple[str, ...] | None = None,
    interval_s: int = 0,
    unit: str = "",
) -> FileSeries:
    """The series of a CSV (`.csv`, also compressed `.csv.gz`) or Parquet (`.parquet`) file.

    Args:
        metric, type, interval_s, unit: what its values are. time, value: names of these columns, in any case.
        tags: names of the columns that are tags, None for all others; an empty cell is no tag.
    Raises: InputError - the file cannot be read, lacks a column, or holds more than MAX_POINTS or MAX_FILE_SERIES.
    """
    if type not in METRIC_TYPES:
        raise InputError(f"{type!r} is no type of a metric; there are {', '.join(sorted(METRIC_TYPES))}")
    gathered = _Gathered(value, type == "set")
    try:
        for batch in _batches(path, gathered.refuse_row):
            gathered.add(_Columns.of(batch.schema.names, time, value, tags), batch)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read: {error}") from error
    return gathered.finish(metric, type, interval_s, unit)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The names of the columns as the file has them."""

    time: str
    value: str
    tags: tuple[str, ...]

    @staticmethod
    def of(names: list[str], time: str, value: str, tags: tuple[str, ...] | None) -> "_Columns":
        folded = {name.strip().lower(): name for name in names}
        wanted = [time, value, *(tags or ())]
        missing = [name for name in wanted if name.lower() not in folded]
        if missing:
            raise InputError(f"there is no column {', '.join(missing)}; the file has {', '.join(names)}")
        found = [folded[name.lower()] for name in wanted]
        others = tuple(name for name in names if name not in found[:2])
        return _Columns(found[0], found[1], others if tags is None else tuple(found[2:]))


class _Gathered:
    """Points by tag set while batches come."""

    def __init__(self, value: str, members: bool) -> None:
        self._members = members
        self._form: TimeForm | None = None
        self._places: dict[tuple[str, ...], int] = {}
        self._times: list[list[Array]] = []
        self._values: list[list[Any]] = []
        self._rows = self._points = 0
        self._bad: Counter[str] = Counter()
        self._examples: list[str] = []

    def add(self, columns: _Columns, batch: pa.RecordBatch) -> None:
        """Take the points of a batch."""
        times, values = self._read_times(batch.column(columns.time)), self._read_values(batch.column(columns.value))
        good = np.isfinite(times) & ~_missing(values)
        self._tell(columns, batch, times, values, good)
        self._rows += len(batch)
        self._points += int(good.sum())
        if self._points > MAX_POINTS:
            raise InputError(f"the file has more than {MAX_POINTS:,} points")
        for tag_set, rows in _by_tags(batch, columns.tags, good):
            place = self._places.setdefault(tag_set, len(self._places))
            if place == len(self._times):
                self._new_series()
            self._times[place].append(times[rows])
            self._values[place].append(values[rows])

    def refuse_row(self, row: pacsv.InvalidRow) -> str:
        """What the CSV reader asks of a row with too many or too few cells."""
        self._rows += 1
        reason = f"a row has {row.actual_columns} cells of {row.expected_columns}"
        self._note(reason, f"{reason}: {row.text:.60}")
        return "skip"

    def _note(self, reason: str, example: str) -> None:
        self._bad[reason] += 1
        if len(self._examples) < _TOLD:
            self._examples.append(example)

    def _new_series(self) -> None:
        if len(self._times) >= MAX_FILE_SERIES:
            raise InputError(f"the file has more than {MAX_FILE_SERIES:,} series; name the tag columns that matter")
        self._times.append([])
        self._values.append([])

    def _read_times(self, column: pa.Array) -> Array:
        if self._form is None:
            self._form = find_time_form(column)
        return np.full(len(column), np.nan) if self._form is None else read_times(column, self._form)

    def _read_values(self, column: pa.Array) -> NDArray[Any]:
        if self._members:
            return np.array(pc.cast(column, pa.string()).to_pylist(), dtype=object)
        return numbers_of(column)

    def _tell(self, columns: _Columns, batch: pa.RecordBatch, times: Array, values: NDArray[Any], good: Any) -> None:
        """Count what cannot be read, and keep the first of it."""
        for row in np.flatnonzero(~good).tolist():
            bad_time = not np.isfinite(times[row])
            name = columns.time if bad_time else columns.value
            cell = batch.column(name)[row].as_py()
            reason = f"{name} is empty" if cell in (None, "") else f"{name} is no {'time' if bad_time else 'number'}"
            told = "" if cell in (None, "") else f": {cell!s:.60}"
            self._note(reason, f"row {self._rows + row + 1}: {reason}{told}")

    def finish(self, metric: str, type: str, interval_s: int, unit: str) -> FileSeries:
        """All that came, as series."""
        series = [
            MemorySeries(
                metric, type, tags, np.concatenate(self._times[i]), np.concatenate(self._values[i]), interval_s, unit
            )
            for tags, i in self._places.items()
        ]
        return FileSeries(
            series=series,
            times=self._form.name if self._form else "",
            rows=self._rows,
            bad=dict(self._bad),
            examples=self._examples,
            first_s=min((float(np.min(one.times_s)) for one in series), default=None),
            last_s=max((float(np.max(one.times_s)) for one in series), default=None),
        )


def numbers_of(column: pa.Array) -> Array:
    """float64[n] of a column of numbers or of text; NaN where there is no number. `true` and `false` are 1 and 0."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        text = pc.utf8_lower(pc.utf8_trim_whitespace(column))
        text = pc.replace_with_mask(text, pc.fill_null(pc.equal(text, "true"), False), "1")
        text = pc.replace_with_mask(text, pc.fill_null(pc.equal(text, "false"), False), "0")
        number = pc.match_substring_regex(text, r"^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$")
        text = pc.if_else(pc.fill_null(number, False), pc.replace_substring_regex(text, r"^\+", ""), None)
        column = pc.cast(text, pa.float64())
    numbers: Array = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    if values.dtype == object:
        return np.array([value in (None, "") for value in values], bool)
    missing: NDArray[np.bool_] = np.isnan(values)
    return missing


def _by_tags(
    batch: pa.RecordBatch, names: tuple[str, ...], good: NDArray[np.bool_]
) -> Iterator[tuple[tuple[str, ...], NDArray[np.int64]]]:
    """The tag sets of a batch with the places of their good rows."""
    kept = np.flatnonzero(good)
    if not len(kept):
        return
    codes = np.zeros(len(batch), np.int64)
    columns = [(name, pc.cast(batch.column(name), pa.string())) for name in names]
    for _, column in columns:
        encoded = column.dictionary_encode(null_encoding="encode")
        codes = codes * max(1, len(encoded.dictionary)) + encoded.indices.to_numpy(zero_copy_only=False)
        codes = np.unique(codes, return_inverse=True)[1]  # so that the product of many columns stays small
    order = kept[np.argsort(codes[kept], kind="stable")]
    for rows in np.split(order, np.flatnonzero(np.diff(codes[order])) + 1):
        first = int(rows[0])
        cells_of = ((name, (column[first].as_py() or "").strip()) for name, column in columns)
        yield tuple(f"{name.strip()}:{cell}" for name, cell in cells_of if cell), rows


def _batches(path: Path, refuse_row: Callable[[pacsv.InvalidRow], str]) -> Iterator[pa.RecordBatch]:
    """Batches of a file by its name's end. CSV cells stay text: what they are is told by all of a column's rows."""
    name = path.name.lower()
    if name.endswith((".parquet", ".pq")):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(_BATCH_ROWS)
        return
    if not name.endswith((".csv", ".csv.gz", ".csv.zst", ".csv.bz2")):
        raise InputError(f"{path.name} is neither .csv nor .parquet")
    heading = _heading(path)
    text = pacsv.ConvertOptions(
        column_types=dict.fromkeys(heading, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    with pa.input_stream(str(path)) as stream:
        reading, parsing = (
            pacsv.ReadOptions(block_size=_BLOCK_BYTES),
            pacsv.ParseOptions(invalid_row_handler=refuse_row),
        )
        yield from pacsv.open_csv(stream, reading, parsing, text)


def _heading(path: Path) -> list[str]:
    with pa.input_stream(str(path)) as stream:
        parsing = pacsv.ParseOptions(invalid_row_handler=lambda _: "skip")
        names: list[str] = pacsv.open_csv(stream, pacsv.ReadOptions(block_size=_BLOCK_BYTES), parsing).schema.names
    return names

"""Histories from files: times of every form, tag columns, and an account of what could not be read."""

import gzip
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lrcp.model.errors import InputError
from lrcp.query.memory import files
from lrcp.query.memory.files import FileSeries, load_series_file

T0 = 1_767_225_600  # 2026-01-01T00:00:00Z


def load(folder: Path, text: str, **options: object) -> FileSeries:
    path = folder / "history.csv"
    path.write_text(text)
    return load_series_file(path, metric="m", **options)  # type: ignore[arg-type]


def points(found: FileSeries) -> dict[tuple[str, ...], list[tuple[float, float]]]:
    return {
        one.tags: [(float(time) - T0, float(value)) for time, value in zip(one.times_s, one.values, strict=True)]
        for one in found.series
    }


def test_columns_beside_time_and_value_are_tags(tmp_path: Path) -> None:
    found = load(
        tmp_path,
        "time,env,value,host\n2026-01-01T00:00:00Z,prod,1,a\n2026-01-01T00:00:10Z,prod,2,b\n2026-01-01T00:00:20Z,prod,3,a\n2026-01-01T00:00:30Z,,4,\n",
        type="count",
        interval_s=10,
        unit="request",
    )
    assert points(found) == {
        ("env:prod", "host:a"): [(0, 1), (20, 3)],
        ("env:prod", "host:b"): [(10, 2)],
        (): [(30, 4)],
    }
    assert (found.times, found.rows, found.bad, found.first_s, found.last_s) == ("iso", 4, {}, T0, T0 + 30)
    assert {(one.metric, one.type, one.interval_s, one.unit) for one in found.series} == {("m", "count", 10, "request")}


def test_only_the_named_columns_are_tags_and_names_have_any_case(tmp_path: Path) -> None:
    found = load(
        tmp_path, "Timestamp,Usage,env,note\n1767225600,5,prod,x\n", time="timestamp", value="usage", tags=("ENV",)
    )
    assert points(found) == {("env:prod",): [(0, 5)]}


@pytest.mark.parametrize(
    ("cell", "form", "seconds"),
    [
        ("1767225600", "s", 0),
        ("1767225600.25", "s", 0.25),
        ("1767225600250", "ms", 0.25),
        ("1767225600250000", "us", 0.25),
        ("1767225600250000000", "ns", 0.25),
        ("2026-01-01", "iso", 0),
        ("2026-01-01 00:01", "iso", 60),
        ("2026-01-01T00:00:01.5Z", "iso", 1.5),
        ("2026-01-01 02:00:00+02:00", "iso", 0),
        ("2025-12-31T19:00:00-0500", "iso", 0),
        ("2026-01-01T00:00:00.123456789Z", "iso", 0.123456789),
        ("2026-01-01 00:00:00 UTC", "iso", 0),
    ],
)
def test_times_of_every_form_are_told_apart(tmp_path: Path, cell: str, form: str, seconds: float) -> None:
    found = load(tmp_path, f"time,value\n{cell},1\n")
    assert found.times == form
    assert found.first_s == pytest.approx(T0 + seconds, abs=1e-6)


@pytest.mark.parametrize(
    ("cell", "value"), [("1e3", 1000), ("-.5", -0.5), ("+2", 2), ("TRUE", 1), ("false", 0), (" 7 ", 7)]
)
def test_values_are_numbers_or_truths(tmp_path: Path, cell: str, value: float) -> None:
    assert points(load(tmp_path, f"time,value\n{T0},{cell}\n")) == {(): [(0, value)]}


def test_rows_that_cannot_be_read_are_counted_and_the_first_are_told(tmp_path: Path) -> None:
    bad = [
        "2026-02-30T00:00:00Z,1",
        "soon,1",
        ",1",
        "2026-01-01,abc",
        "2026-01-01,",
        "2026-01-01,inf",
        "2026-01-01T25:00:00,1",
    ]
    found = load(tmp_path, "\n".join(["time,value", "2026-01-01,7", *bad]) + "\n")
    assert points(found) == {(): [(0, 7)]}
    assert found.rows == 8
    assert found.bad == {"time is no time": 3, "time is empty": 1, "value is no number": 2, "value is empty": 1}
    assert found.examples == [
        "row 2: time is no time: 2026-02-30T00:00:00Z",
        "row 3: time is no time: soon",
        "row 4: time is empty",
        "row 5: value is no number: abc",
        "row 6: value is empty",
    ]


def test_rows_with_too_many_or_too_few_cells_are_counted(tmp_path: Path) -> None:
    found = load(tmp_path, f"time,value\n{T0},1\n{T0},2,3\n{T0}\n{T0},4\n")
    assert points(found) == {(): [(0, 1), (0, 4)]}
    assert (found.rows, found.bad) == (4, {"a row has 3 cells of 2": 1, "a row has 1 cells of 2": 1})
    assert found.examples[0] == f"a row has 3 cells of 2: {T0},2,3"


def test_parquet_and_compressed_csv_are_read(tmp_path: Path) -> None:
    stamps = [datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC) for second in (0, 10)]
    table = pa.table({"time": stamps, "value": pa.array([1, None], pa.int32()), "env": ["prod", "prod"]})
    pq.write_table(table, tmp_path / "h.parquet")
    found = load_series_file(tmp_path / "h.parquet", metric="m")
    assert (points(found), found.bad) == ({("env:prod",): [(0, 1)]}, {"value is empty": 1})
    (tmp_path / "h.csv.gz").write_bytes(gzip.compress(b"time,value\n1767225600,1\n"))
    assert points(load_series_file(tmp_path / "h.csv.gz", metric="m")) == {(): [(0, 1)]}


def test_members_of_a_set_are_text(tmp_path: Path) -> None:
    found = load(tmp_path, f"time,value\n{T0},alice\n{T0},bob\n", type="set")
    assert list(found.series[0].values) == ["alice", "bob"]


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("h.csv", "a,b\n1,2\n", "no column time, value; the file has a, b"),
        ("h.csv", "", "cannot be read"),
        ("h.txt", "time,value\n1,2\n", "neither .csv nor .parquet"),
        ("h.parquet", "time", "cannot be read"),
        ("absent.csv", None, "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_reason(
    tmp_path: Path, name: str, text: str | None, reason: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=reason):
        load_series_file(tmp_path / name, metric="m")


def test_bounds_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_FILE_SERIES", 2)
    with pytest.raises(InputError, match="more than 2 series"):
        load(tmp_path, "time,value,id\n" + "".join(f"{T0},1,{i}\n" for i in range(3)))
    monkeypatch.setattr(files, "MAX_POINTS", 3)
    with pytest.raises(InputError, match="more than 3 points"):
        load(tmp_path, "time,value\n" + f"{T0},1\n" * 4)


def test_a_large_file_is_read_in_pieces(tmp_path: Path) -> None:
    rows, path = 400_000, tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("time,value,host,padding\n")
        file.writelines(f"{T0 + i},{i % 100},h{i % 5},{'x' * 60}\n" for i in range(rows))
    before = pa.total_allocated_bytes()
    tracemalloc.start()
    found = load_series_file(path, metric="m", tags=("host",))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.rows, len(found.series), sum(len(one.times_s) for one in found.series)) == (rows, 5, rows)
    assert peak < path.stat().st_size
    assert pa.total_allocated_bytes() - before < 20_000_000
    assert float(np.sum(found.series[0].values)) == sum(i % 100 for i in range(0, rows, 5))

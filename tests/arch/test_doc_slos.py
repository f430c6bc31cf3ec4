"""docs/monitors/slos.md against the code: examples that are evaluated, tables of windows and of what a period costs."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from lrcp.model.monitor import parse_monitor
from lrcp.model.slo import parse_slo
from lrcp.monitors.duration import parse_duration_s
from lrcp.monitors.evaluate.prepare import prepare
from lrcp.monitors.slo.budget import burn_rate_for
from lrcp.monitors.slo.corrections import MAX_CORRECTION_S
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.measure import measure_of
from lrcp.monitors.slo.pieces import MAX_FINE_BUCKETS, MAX_PIECES, course_step_s
from lrcp.query.memory.source import MemorySource
from tests.support.slo_cases import T0, PastOfCase

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "monitors" / "slos.md").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```slo\n(.*?)```", PAGE, re.S)]
QUERIES = [line for block in re.findall(r"```queries\n(.*?)```", PAGE, re.S) for line in block.splitlines()]
WINDOWS = re.findall(r"^\| (\d+d) \| ([\d.]+) \| (\w+) \| (\w+) \| (\d+)% \|$", PAGE, re.MULTILINE)
PAST = PastOfCase({"monitors": {123: {"*": [["0", "OK"]]}}})
DAY_S = 86_400


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_an_example_can_be_evaluated(example: dict[str, object]) -> None:
    history = SloReader(MemorySource(), PAST).history(parse_slo(example), T0, T0 + DAY_S)
    assert asyncio.run(history).overall.sli in (None, 1.0)


@pytest.mark.parametrize("query", QUERIES)
def test_an_alert_of_the_page_can_be_prepared(query: str) -> None:
    slo = parse_slo(EXAMPLES[1], id="latency")
    document = {"name": "a", "type": "slo alert", "query": query}
    assert prepare(parse_monitor(document), {"latency": slo}).observer.scans(T0)


@pytest.mark.parametrize(("period", "rate", "long", "short", "share"), WINDOWS)
def test_a_recommended_window_spends_what_it_says(period: str, rate: str, long: str, short: str, share: str) -> None:
    window_s = parse_duration_s(long)
    assert burn_rate_for(float(share) / 100, window_s=window_s, period_s=parse_duration_s(period)) == pytest.approx(
        float(rate)
    )
    assert parse_duration_s(short) * 12 == window_s


def test_all_nine_windows_are_there() -> None:
    assert len(WINDOWS) == 9


@pytest.mark.parametrize(("days", "column"), [(30, 0), (90, 1)])
def test_a_period_costs_what_the_table_says(days: int, column: int) -> None:
    rows = {
        cells[0]: cells[1:]
        for cells in (row.strip("| ").split(" | ") for row in PAGE.splitlines() if row.startswith("| "))
    }
    to_s = T0 + days * DAY_S
    events, slices = measure_of(parse_slo(EXAMPLES[2])), EXAMPLES[1]
    assert {scan.grid.count for scan in events.scans(T0, to_s)} == {1}  # type: ignore[union-attr]
    assert "1 bucket a series" in rows["metric SLO, status or burn rate"][column]
    step_s = course_step_s(to_s - T0)
    assert rows["metric SLO, history"][column] == f"{days * DAY_S // step_s} buckets of {step_s // 3600} h"
    for slice_s in (300, 60):
        slices["sli_specification"]["time_slice"]["query_interval_seconds"] = slice_s
        grids = {scan.grid for scan in measure_of(parse_slo(slices)).history_scans(T0, to_s)}  # type: ignore[union-attr]
        told = f"{sum(grid.count for grid in grids):,} slices, {len(grids)} scans"
        assert rows[f"time slices of {slice_s} s"][column] == told


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"Beyond {MAX_PIECES} such parts" in PAGE
    assert f"in up to {MAX_FINE_BUCKETS:,} buckets" in PAGE
    assert f"at most {MAX_CORRECTION_S // DAY_S} days" in PAGE

"""Which scans an expression needs."""

import pytest

from lrcp.query.compute.change import plan_change
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.reduce import plan_reduction
from lrcp.query.compute.span import MOST_BUCKETS
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Call, Expression, Number, Word
from lrcp.query.metric.parser import parse_expression
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import SeriesScan, SketchScan

HOUR_S = 1_700_002_800
"""On the hour."""


def grids(text: str, start_s: int, end_s: int, reducer: str = "avg") -> list[Grid]:
    scans = plan_reduction(parse_expression(text), start_s, end_s, reducer)
    return sorted((scan.grid for scan in scans), key=lambda grid: (grid.start_s, grid.step_s))  # type: ignore[union-attr]


def test_queries_of_one_metric_and_scope_share_a_scan_whatever_they_make_of_it() -> None:
    text = "sum:m{env:a} by {host}.as_count() / max:m{env:a}"
    assert len(plan_scans(parse_expression(text), Grid(HOUR_S, 60, 5))) == 1


@pytest.mark.parametrize(
    ("text", "window_s", "expected"),
    [
        ("avg:m{*}", (10, 310), [Grid(HOUR_S + 10, 60, 5)]),
        ("avg:m{*}", (0, 450), [Grid(HOUR_S, 30, 15)]),
        ("avg:m{*}", (0, 5 * 3600), [Grid(HOUR_S, 300, 60)]),
        ("avg:m{*}", (0, 2 * 86400), [Grid(HOUR_S, 3600, 48)]),
        ("avg:m{*}", (0, 30 * 86400), [Grid(HOUR_S, 14400, 180)]),
        ("avg:m{*}.rollup(max, 60)", (0, 300), [Grid(HOUR_S, 60, 5)]),
        ("avg:m{*}.rollup(max, 60)", (10, 310), [Grid(HOUR_S + 10, 10, 30)]),
        ("avg:m{*}.rollup(max, 45)", (0, 300), [Grid(HOUR_S, 50, 6)]),
        ("avg:m{*}.fill(last, 120)", (0, 300), [Grid(HOUR_S - 120, 60, 7)]),
        ("avg:m{*}.fill(zero)", (0, 300), [Grid(HOUR_S, 60, 5)]),
        ("diff(avg:m{*})", (0, 300), [Grid(HOUR_S - 300, 60, 10)]),
        ("median_5(avg:m{*})", (0, 300), [Grid(HOUR_S - 240, 60, 9)]),
        ("moving_rollup(avg:m{*}, 600, 'max')", (0, 300), [Grid(HOUR_S - 540, 60, 14)]),
        ("day_before(avg:m{*})", (0, 300), [Grid(HOUR_S - 86400, 60, 5)]),
        ("timeshift(diff(avg:m{*}), -3600)", (0, 300), [Grid(HOUR_S - 3900, 60, 10)]),
    ],
)
def test_a_window_is_scanned_in_the_coarsest_buckets_that_give_its_own(
    text: str, window_s: tuple[int, int], expected: list[Grid]
) -> None:
    assert grids(text, HOUR_S + window_s[0], HOUR_S + window_s[1]) == expected


def test_cut_buckets_of_a_percentile_are_scans_of_their_own() -> None:
    found = grids("p95:m{*}.rollup(avg, 60)", HOUR_S + 10, HOUR_S + 310)
    assert found == [Grid(HOUR_S + 10, 50, 1), Grid(HOUR_S + 60, 60, 4), Grid(HOUR_S + 300, 10, 1)]


@pytest.mark.parametrize(
    ("window_s", "expected"),
    [
        ((10, 30), [Grid(HOUR_S + 10, 20, 1)]),
        ((0, 30), [Grid(HOUR_S, 30, 1)]),
        ((30, 60), [Grid(HOUR_S + 30, 30, 1)]),
        ((50, 70), [Grid(HOUR_S + 50, 10, 1), Grid(HOUR_S + 60, 10, 1)]),
        ((0, 60), [Grid(HOUR_S, 60, 1)]),
    ],
)
def test_a_window_within_one_or_two_buckets_of_a_percentile_is_cut_where_they_meet(
    window_s: tuple[int, int], expected: list[Grid]
) -> None:
    assert grids("p95:m{*}.rollup(avg, 60)", HOUR_S + window_s[0], HOUR_S + window_s[1]) == expected


def test_a_percentile_of_the_window_is_one_sketch_and_a_count_that_tells_where_it_has_points() -> None:
    scans = plan_reduction(parse_expression("p95:m{*} by {host}"), HOUR_S, HOUR_S + 300, "percentile")
    sketch = next(scan for scan in scans if isinstance(scan, SketchScan))
    count = next(scan for scan in scans if isinstance(scan, SeriesScan))
    assert (sketch.grid, sketch.quantile, sketch.by) == (Grid(HOUR_S, 300, 1), 0.95, ("host",))
    assert count.grid == Grid(HOUR_S, 60, 5)


def test_a_change_scans_both_windows() -> None:
    scans = plan_change(parse_expression("avg:m{*}"), HOUR_S, HOUR_S + 300, 3600, "avg")
    assert {scan.grid for scan in scans} == {Grid(HOUR_S, 60, 5), Grid(HOUR_S - 3600, 60, 5)}  # type: ignore[union-attr]


def test_a_fine_rollup_of_a_long_window_is_made_coarser() -> None:
    (grid,) = grids("avg:m{*}.rollup(avg, 10)", HOUR_S, HOUR_S + 7 * 86400)
    assert grid.count <= MOST_BUCKETS


def test_a_cut_that_would_need_too_fine_buckets_is_moved_outwards() -> None:
    (grid,) = grids("avg:m{*}.rollup(sum, 3600)", HOUR_S + 10, HOUR_S + 10 + 30 * 86400)
    assert grid.count <= MOST_BUCKETS
    assert 3600 % grid.step_s == 0
    assert grid.start_s <= HOUR_S + 10 < HOUR_S + 10 + 30 * 86400 <= grid.end_s


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (parse_expression("sum:m{*}.rollup(median, 60)"), "rollup method median"),
        (parse_expression("sum:m{*}.rollup(sum, monthly, monday)"), "does not begin with monday"),
        (parse_expression("sum:m{*}.rollup(sum, daily, 'Mars/Base')"), "time zone Mars/Base"),
        (parse_expression("sum:m{*}.fill(cubic)"), "fill method cubic"),
        (parse_expression("sum:m{*}.fill(last, 7200)"), "0 to 3600 s"),
        (parse_expression("moving_rollup(avg:m{*}, 900000, 'avg')"), "looks back"),
        (parse_expression("calendar_shift(avg:m{*}, '-1y', 'UTC')"), "days, weeks or months"),
        (parse_expression("calendar_shift(avg:m{*}, '-1d', 'Mars/Base')"), "time zone Mars/Base"),
        (Call("frobnicate", (parse_expression("avg:m{*}"),)), "no function frobnicate"),
        (Call("timeshift", (parse_expression("avg:m{*}"),)), "needs an argument 2"),
        (Call("timeshift", (parse_expression("avg:m{*}"), parse_expression("avg:n{*}"))), "only the first argument"),
        (Call("abs", (Word("zero"),)), "stands where a series belongs"),
        (Call("abs", ()), "needs a series"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_when_it_is_planned(expression: Expression, reason: str) -> None:
    with pytest.raises(QueryError, match=reason):
        plan_scans(expression, Grid(HOUR_S, 60, 10))


@pytest.mark.parametrize(
    "grid", [Grid(HOUR_S + 1, 60, 5), Grid(HOUR_S, 15, 5), Grid(HOUR_S, 0, 5), Grid(HOUR_S, 60, 0)]
)
def test_buckets_that_cannot_be_made_of_those_of_the_store_are_refused(grid: Grid) -> None:
    with pytest.raises(QueryError, match="buckets of 10 s"):
        plan_scans(Number(1.0), grid)

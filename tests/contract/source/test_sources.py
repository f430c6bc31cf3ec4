"""Every Source answers the same scans with the same blocks: memory, the embedded store, a ClickHouse server."""

import numpy as np
import pytest

from lrcp.model.errors import InputError
from lrcp.model.event import ServiceCheck
from lrcp.query.memory.series import MemorySeries
from lrcp.query.metric.ast import (
    Everything,
    Scope,
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TagIn,
    TagMatch,
    TemplateVariable,
    ValueCondition,
)
from lrcp.query.scan.blocks import CheckBlock, GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import CheckScan, SeriesScan, SketchScan
from tests.contract.source.filled import Answer, Fill

T0 = 1_790_000_000
GRID = Grid(T0, 10, 6)
NAN = np.nan
AWKWARD = 'it\'s "tab\t" {x:String} %s \\ é'


def series_block(answer: Answer, scan: SeriesScan) -> SeriesBlock:
    block = answer([scan])[scan]
    assert isinstance(block, SeriesBlock)
    return block


def group_values(answer: Answer, scan: SketchScan) -> dict[tuple[str, ...], list[float]]:
    block = answer([scan])[scan]
    assert isinstance(block, GroupBlock)
    return dict(zip(block.groups, block.values.tolist(), strict=True))


def count(metric: str, tags: tuple[str, ...], times: list[float], values: list[float], **more: object) -> MemorySeries:
    return MemorySeries(metric, "count", tags, [T0 + time for time in times], values, **more)  # type: ignore[arg-type]


def test_statistics_of_buckets_hold_what_was_sent(fill: Fill) -> None:
    times = [T0 + t for t in (0, 5.5, 9.999, 10, 31)]
    gauge = MemorySeries("m", "gauge", ("a:1",), times, [3.0, 1.0, 2.0, 7.0, -5.0], interval_s=15, unit="byte")
    block = series_block(fill([gauge], []), SeriesScan("m", Everything(), GRID))
    assert (block.type, block.unit, block.tags, block.interval_s.tolist()) == ("gauge", "byte", [("a:1",)], [15])
    np.testing.assert_array_equal(block.count, [[3, 1, NAN, 1, NAN, NAN]])
    np.testing.assert_array_equal(block.sum, [[6, 7, NAN, -5, NAN, NAN]])
    np.testing.assert_array_equal(block.minimum, [[1, 7, NAN, -5, NAN, NAN]])
    np.testing.assert_array_equal(block.maximum, [[3, 7, NAN, -5, NAN, NAN]])
    np.testing.assert_array_equal(block.last, [[2, 7, NAN, -5, NAN, NAN]])


def test_parts_of_a_bucket_from_several_senders_are_one_point_set(fill: Fill) -> None:
    parts = [count("m", ("b:2", "a:1"), [1], [2.0]), count("m", ("a:1", "b:2"), [2], [5.0])]
    block = series_block(fill(parts, []), SeriesScan("m", Everything(), Grid(T0, 10, 1)))
    assert block.tags == [("a:1", "b:2")]
    assert (block.sum.item(), block.count.item(), block.maximum.item(), block.last.item()) == (7, 2, 5, 5)


@pytest.mark.parametrize(
    ("start", "step", "buckets", "sums"),
    [
        (0, 60, 2, [15, 51]),
        (30, 60, 2, [33, 30]),
        (10, 20, 3, [3, 7, 11]),
        (0, 120, 1, [66]),
        (-60, 60, 2, [NAN, 15]),
        (70, 10, 2, [7, 8]),
    ],
)
def test_a_grid_may_begin_on_any_ten_seconds(
    fill: Fill, start: int, step: int, buckets: int, sums: list[float]
) -> None:
    answer = fill([count("m", (), list(range(0, 120, 10)), [float(i) for i in range(12)])], [])
    block = series_block(answer, SeriesScan("m", Everything(), Grid(T0 + start, step, buckets)))
    np.testing.assert_array_equal(block.sum, [sums])


def test_many_scans_of_several_steps_and_times_are_answered_together(fill: Fill) -> None:
    values = [float(i) for i in range(60)]
    answer = fill([count(m, ("x:y",), [10 * i for i in range(60)], values) for m in ("m", "n")], [])
    scans = [
        SeriesScan(m, Everything(), Grid(T0 + start, step, 2))
        for m in ("m", "n")
        for start in (0, 30, 60, 300, 480)
        for step in (10, 30, 60)
    ]
    blocks = answer(scans)
    for scan in scans:
        first = (scan.grid.start_s - T0) // 10
        width = scan.grid.step_s // 10
        wanted = [[sum(values[first + i * width : first + (i + 1) * width]) for i in range(2)]]
        np.testing.assert_array_equal(blocks[scan].sum, wanted)  # type: ignore[union-attr]


SCOPES: list[tuple[Scope, str]] = [
    (Everything(), "abcd"),
    (TagMatch("env", "prod"), "ab"),
    (TagMatch("ENV", "Prod"), "ab"),
    (TagMatch("canary", None), "a"),
    (TagMatch("env", None), ""),
    (TagMatch("host", "web-*"), "ab"),
    (TagMatch("host", "*-1"), "ac"),
    (TagMatch("host", "*"), "abc"),
    (TagIn("host", ("web-1", "db-*")), "ac"),
    (ScopeNot(TagMatch("env", "prod")), "cd"),
    (ScopeAnd((TagMatch("env", "prod"), ScopeNot(TagMatch("canary", None)))), "b"),
    (ScopeOr((TagMatch("canary", None), TagMatch("env", "dev"))), "ac"),
    (TagMatch("host", "' OR 1=1 --"), ""),
    (TagMatch("host", "%"), ""),
]


@pytest.mark.parametrize(("scope", "names"), SCOPES)
def test_a_scope_selects_series(fill: Fill, scope: Scope, names: str) -> None:
    tags = {"a": ("canary", "env:prod", "host:web-1"), "b": ("env:prod", "host:web-2"), "c": ("env:dev", "host:db-1")}
    series = [count("m", (*tags.get(n, ()), f"n:{n}"), [0], [1.0]) for n in "abcd"]
    series += [MemorySeries("d", "distribution", one.tags, one.times_s, one.values) for one in series]
    answer = fill(series, [])
    found = series_block(answer, SeriesScan("m", scope, GRID)).tags
    assert sorted(tag[2:] for tags in found for tag in tags if tag.startswith("n:")) == list(names)
    groups = group_values(answer, SketchScan("d", scope, ("n",), GRID, 0.5))
    assert sorted(groups) == [(name,) for name in names]


def test_a_metric_that_nobody_sent_is_an_empty_block(fill: Fill) -> None:
    answer = fill([count("m", (), [0], [1.0])], [])
    for metric in ("other", AWKWARD):
        block = series_block(answer, SeriesScan(metric, Everything(), GRID))
        assert (block.type, block.tags, block.sum.shape) == ("", [], (0, 6))
        assert group_values(answer, SketchScan(metric, Everything(), ("a",), GRID, 0.5)) == {}


def test_names_of_any_characters_are_found(fill: Fill) -> None:
    answer = fill([count(AWKWARD, ("a:1",), [0], [3.0])], [])
    assert series_block(answer, SeriesScan(AWKWARD, Everything(), GRID)).sum[0, 0] == 3


def test_series_without_points_in_the_grid_are_left_out(fill: Fill) -> None:
    answer = fill([count("m", ("a:1",), [0], [1.0]), count("m", ("a:2",), [90], [1.0])], [])
    narrow, wide = SeriesScan("m", Everything(), GRID), SeriesScan("m", Everything(), Grid(T0, 10, 12))
    blocks = answer([narrow, wide])
    assert sorted(blocks[narrow].tags) == [("a:1",)]  # type: ignore[union-attr]
    assert sorted(blocks[wide].tags) == [("a:1",), ("a:2",)]  # type: ignore[union-attr]


def test_a_set_is_its_number_of_distinct_members_every_ten_seconds(fill: Fill) -> None:
    times, members = [T0 + t for t in (0, 1, 2, 12)], ["a", "a", "b", "a"]
    parts = [MemorySeries("m", "set", (), times, members), MemorySeries("m", "set", (), [T0 + 3], ["c"])]
    answer = fill(parts, [])
    assert series_block(answer, SeriesScan("m", Everything(), Grid(T0, 10, 2))).sum.tolist() == [[3, 1]]
    block = series_block(answer, SeriesScan("m", Everything(), Grid(T0, 20, 1)))
    found = (block.sum.item(), block.count.item(), block.minimum.item(), block.maximum.item(), block.last.item())
    assert (block.type, found) == ("set", (4, 2, 1, 3, 1))


def test_the_type_with_most_points_is_taken_and_the_others_named(fill: Fill) -> None:
    series = [
        MemorySeries("m", "gauge", ("a:1",), [T0, T0 + 1], [5.0, 5.0]),
        count("m", ("a:1",), [1, 2, 3], [1.0] * 3),
        MemorySeries("m", "set", ("a:2",), [T0], ["x"]),
        MemorySeries("m", "gauge", ("a:2",), [T0 + 60], [5.0]),
    ]
    answer = fill(series, [])
    block = series_block(answer, SeriesScan("m", Everything(), GRID))
    assert (block.type, block.other_types, block.sum[0, 0]) == ("count", ("gauge", "set"), 3)
    later = series_block(answer, SeriesScan("m", Everything(), Grid(T0 + 60, 10, 1)))
    assert (later.type, later.other_types) == ("gauge", ())


@pytest.mark.parametrize("quantile", [0.0, 0.5, 0.85, 0.95, 0.999, 1.0])
def test_percentiles_of_any_level_are_merged_over_series_and_time(fill: Fill, quantile: float) -> None:
    rng = np.random.default_rng(3)
    drawn = {name: rng.lognormal(size=400) * scale for name, scale in (("x", 1.0), ("y", 0.001), ("z", -40.0))}
    series = [
        MemorySeries("d", "distribution", (f"model:{name}", f"n:{n}"), T0 + np.arange(200) * 0.3, values[n::2])
        for name, values in drawn.items()
        for n in (0, 1)
    ]
    series.append(MemorySeries("d", "distribution", ("n:0",), [T0], [1e9]))
    answer = fill(series, [])
    found = group_values(answer, SketchScan("d", Everything(), ("model",), Grid(T0, 60, 1), quantile))
    for name, values in drawn.items():
        exact = np.sort(values)[int(quantile * 399)]
        assert found.pop((name,)) == pytest.approx([exact], rel=0.0051)
    assert found == {}
    halves = group_values(answer, SketchScan("d", TagMatch("model", "x"), (), Grid(T0, 30, 2), quantile))
    exact_halves = [np.sort(drawn["x"][n : n + 200])[int(quantile * 199)] for n in (0, 200)]
    assert halves == {(): pytest.approx(exact_halves, rel=0.0051)}


def test_a_weighted_value_counts_as_often_as_its_weight(fill: Fill) -> None:
    series = [MemorySeries("d", "distribution", (), [T0, T0 + 1], [2.0, 100.0], weights=[98, 2])]
    answer = fill(series, [])
    assert group_values(answer, SketchScan("d", Everything(), (), GRID, 0.97))[()][0] == pytest.approx(2, rel=0.0051)
    assert group_values(answer, SketchScan("d", Everything(), (), GRID, 0.99))[()][0] == pytest.approx(100, rel=0.0051)


@pytest.mark.parametrize(
    ("comparator", "value", "counts"),
    [("<=", 0.9, [2, NAN]), (">", 0.9, [3, 2]), (">=", 30, [1, 2]), ("<", -1, [NAN, NAN]), (">", -9, [5, 2])],
)
def test_values_that_meet_a_condition_are_counted(
    fill: Fill, comparator: str, value: float, counts: list[float]
) -> None:
    wanted = [0 if np.isnan(n) else n for n in counts]
    times = [T0 + t for t in (0, 1, 2, 3, 4, 12, 13)]
    series = [MemorySeries("d", "distribution", ("a:1",), times, [0.0, 0.5, 1.0, 2.0, 40.0, 50.0, 60.0])]
    scan = SketchScan("d", Everything(), ("a",), Grid(T0, 10, 2), condition=ValueCondition(comparator, value))
    assert group_values(fill(series, []), scan) == {("1",): wanted}


def test_sketch_scans_of_several_metrics_scopes_groups_and_levels_go_together(fill: Fill) -> None:
    series = [
        MemorySeries(metric, "distribution", (f"model:{m}", f"env:{env}"), [T0 + 5], [value * scale])
        for metric, scale in (("d", 1.0), ("e", 100.0))
        for m, env, value in (("x", "prod", 1.0), ("x", "dev", 2.0), ("y", "prod", 3.0))
    ]
    answer = fill(series, [])
    scans = {
        SketchScan(metric, scope, by, Grid(T0, 10, 1), quantile): scale
        for metric, scale in (("d", 1), ("e", 100))
        for scope in (Everything(), TagMatch("env", "prod"))
        for by in ((), ("model",), ("env", "model"))
        for quantile in (0.0, 1.0)
    }
    blocks = answer(list(scans))
    for scan, scale in scans.items():
        block = blocks[scan]
        assert isinstance(block, GroupBlock)
        found = {group: row[0] / scale for group, row in zip(block.groups, block.values.tolist(), strict=True)}
        low, prod = scan.quantile == 0, scan.scope != Everything()
        wanted = {
            (): {(): 1 if low else 3},
            ("model",): {("x",): 1 if low or prod else 2, ("y",): 3},
            ("env", "model"): {("prod", "x"): 1, ("prod", "y"): 3} | ({} if prod else {("dev", "x"): 2}),
        }[scan.by]
        assert found == {group: pytest.approx(value, rel=0.0051) for group, value in wanted.items()}


def test_a_series_with_two_values_of_a_key_is_in_both_groups(fill: Fill) -> None:
    series = [MemorySeries("d", "distribution", ("role:a", "role:b"), [T0], [4.0])]
    found = group_values(fill(series, []), SketchScan("d", Everything(), ("role",), Grid(T0, 10, 1), 0.5))
    assert sorted(found) == [("a",), ("b",)]


def test_a_percentile_of_what_is_no_distribution_is_empty(fill: Fill) -> None:
    assert group_values(fill([count("m", (), [0], [1.0])], []), SketchScan("m", Everything(), (), GRID, 0.5)) == {}


@pytest.mark.parametrize("grid", [Grid(T0 + 5, 10, 1), Grid(T0, 15, 1), Grid(T0, 0, 1), Grid(T0, 10, 0)])
def test_a_grid_off_the_buckets_is_refused(fill: Fill, grid: Grid) -> None:
    with pytest.raises(InputError, match="multiples of 10 s"):
        fill([], [])([SeriesScan("m", Everything(), grid)])


def test_a_template_variable_is_refused(fill: Fill) -> None:
    answer = fill([count("m", ("a:1",), [0], [1.0])], [])
    with pytest.raises(InputError, match=r"\$env"):
        answer([SeriesScan("m", TemplateVariable("env"), GRID)])


def reports() -> list[ServiceCheck]:
    def report(at_s: int, status: str, host: str, env: str = "prod") -> ServiceCheck:
        return ServiceCheck((T0 + at_s) * 10**9, "ntp", status, host, f"{status} {AWKWARD}", (f"env:{env}",))

    return [
        report(10, "ok", "a"),
        report(30, "critical", "a"),
        report(20, "warning", "a"),
        report(25, "ok", "b", "dev"),
        report(99, "ok", "a"),
        ServiceCheck((T0 + 30) * 10**9, "other", "critical"),
    ]


def test_a_check_gives_the_newest_statuses_of_each_group(fill: Fill) -> None:
    scan = CheckScan("ntp", (), (), ("host",), 2, T0, T0 + 50)
    assert fill([], reports())([scan])[scan] == CheckBlock(
        [("a",), ("b",)],
        [("critical", "warning"), ("ok",)],
        [T0 + 30.0, T0 + 25.0],
        [f"critical {AWKWARD}", f"ok {AWKWARD}"],
    )


def test_several_check_scans_go_together(fill: Fill) -> None:
    scans = [
        CheckScan("ntp", ("env:prod",), (), ("*",), 9, T0, T0 + 50),
        CheckScan("ntp", ("*",), ("host:a",), ("host",), 9, T0, T0 + 50),
        CheckScan("ntp", (), (), (), 1, T0, T0 + 100),
        CheckScan("ntp", (), (), ("host",), 5, T0 + 25, T0 + 50),
        CheckScan("ntp", (), (), ("nokey",), 5, T0, T0 + 50),
        CheckScan("none", (), (), (), 5, T0, T0 + 50),
    ]
    blocks = fill([], reports())(scans)
    found = [dict(zip(blocks[scan].groups, blocks[scan].statuses, strict=True)) for scan in scans]  # type: ignore[union-attr]
    assert found == [
        {("env:prod", "host:a"): ("critical", "warning", "ok")},
        {("b",): ("ok",)},
        {(): ("ok",)},
        {("a",): ("critical",), ("b",): ("ok",)},
        {},
        {},
    ]

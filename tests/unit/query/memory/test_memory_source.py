"""Points in memory answer scans as the store would: buckets of ten seconds, statistics of each, series within a scope."""

import asyncio

import numpy as np
import pytest

from lrcp.model.errors import InputError
from lrcp.model.event import ServiceCheck
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.metric.ast import Everything, TagMatch, ValueCondition
from lrcp.query.scan.blocks import CheckBlock, GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import CheckScan, Scan, SeriesScan, SketchScan

NAN = np.nan


def block_of(source: MemorySource, scan: Scan) -> SeriesBlock | GroupBlock | CheckBlock:
    return asyncio.run(source.fetch([scan]))[scan]


def series_of(source: MemorySource, grid: Grid, metric: str = "m", **scope: str) -> SeriesBlock:
    within = TagMatch(*next(iter(scope.items()))) if scope else Everything()
    block = block_of(source, SeriesScan(metric, within, grid))
    assert isinstance(block, SeriesBlock)
    return block


def same(found: np.ndarray, wanted: list[list[float]]) -> None:
    np.testing.assert_array_equal(found, wanted)


def test_points_of_a_bucket_become_statistics() -> None:
    source = MemorySource([MemorySeries("m", "gauge", ("a:1",), [0, 5, 9.9, 10, 31], [3.0, 1.0, 2.0, 7.0, 5.0])])
    block = series_of(source, Grid(0, 10, 4))
    assert (block.type, block.tags) == ("gauge", [("a:1",)])
    same(block.count, [[3, 1, NAN, 1]])
    same(block.sum, [[6, 7, NAN, 5]])
    same(block.minimum, [[1, 7, NAN, 5]])
    same(block.maximum, [[3, 7, NAN, 5]])
    same(block.last, [[2, 7, NAN, 5]])


def test_a_longer_step_folds_buckets_and_a_grid_may_start_anywhere_on_ten_seconds() -> None:
    source = MemorySource([MemorySeries("m", "count", (), np.arange(0, 120, 10), np.arange(12.0), interval_s=10)])
    block = series_of(source, Grid(30, 60, 2))
    same(block.sum, [[3 + 4 + 5 + 6 + 7 + 8, 9 + 10 + 11]])
    same(block.last, [[8, 11]])
    assert block.interval_s.tolist() == [10]


def test_only_series_with_points_in_scope_and_time_are_given() -> None:
    series = [
        MemorySeries("m", "count", (f"env:{env}",), [time], [1.0])
        for env, time in (("prod", 5), ("dev", 5), ("old", 90))
    ]
    source = MemorySource(series)
    assert series_of(source, Grid(0, 10, 2), env="*").tags == [("env:prod",), ("env:dev",)]
    assert series_of(source, Grid(0, 10, 2), env="dev").tags == [("env:dev",)]
    assert series_of(source, Grid(40, 10, 2)).tags == []


def test_a_metric_that_nobody_sent_is_an_empty_block() -> None:
    block = series_of(MemorySource(), Grid(0, 10, 3))
    assert (block.type, block.sum.shape) == ("", (0, 3))


def test_series_of_equal_tags_are_one() -> None:
    series = [MemorySeries("m", "count", tags, [3], [1.0]) for tags in (("b:2", "a:1"), ("a:1", "b:2"))]
    block = series_of(MemorySource(series), Grid(0, 10, 1))
    assert block.tags == [("a:1", "b:2")]
    same(block.sum, [[2]])


def test_a_set_counts_its_distinct_members_every_ten_seconds() -> None:
    source = MemorySource([MemorySeries("m", "set", (), [0, 1, 2, 12], ["a", "a", "b", "a"])])
    same(series_of(source, Grid(0, 10, 2)).sum, [[2, 1]])
    block = series_of(source, Grid(0, 20, 1))
    assert (block.sum.item(), block.count.item(), block.maximum.item(), block.last.item()) == (3, 2, 2, 1)


def test_the_type_with_most_points_is_taken_and_the_other_named() -> None:
    series = [MemorySeries("m", "gauge", (), [1, 2], [5.0, 5.0]), MemorySeries("m", "count", (), [1, 2, 3], [1.0] * 3)]
    block = series_of(MemorySource(series), Grid(0, 10, 1))
    assert (block.type, block.other_types) == ("count", ("gauge",))


def test_a_grid_off_the_buckets_is_refused() -> None:
    with pytest.raises(InputError, match="multiples of 10 s"):
        series_of(MemorySource(), Grid(5, 10, 1))


def test_percentiles_merge_over_series_and_time_by_group() -> None:
    series = [
        MemorySeries("d", "distribution", (f"model:{m}", f"n:{n}"), np.arange(0, 100), np.arange(100.0) + 100 * n)
        for m in "xy"
        for n in (0, 1)
    ]
    series.append(MemorySeries("d", "distribution", ("n:3",), [1], [1e9]))
    scan = SketchScan("d", Everything(), ("model",), Grid(0, 100, 1), 0.999)
    block = block_of(MemorySource(series), scan)
    assert isinstance(block, GroupBlock)
    assert block.groups == [("x",), ("y",)]
    assert block.values[:, 0] == pytest.approx([198, 198], rel=0.006)


def test_values_that_meet_a_condition_are_counted_by_group() -> None:
    series = [MemorySeries("d", "distribution", ("model:x",), [1, 2, 15], [0.5, 2.0, 3.0], weights=[2, 1, 4])]
    scan = SketchScan("d", Everything(), ("model",), Grid(0, 10, 3), condition=ValueCondition(">", 1))
    block = block_of(MemorySource(series), scan)
    assert isinstance(block, GroupBlock)
    same(block.values, [[1, 4, NAN]])


def checks() -> MemorySource:
    def report(at_s: int, status: str, host: str, env: str = "prod") -> ServiceCheck:
        return ServiceCheck(at_s * 10**9, "ntp", status, host, f"{status} at {at_s}", (f"env:{env}",))

    return MemorySource(
        checks=[
            report(10, "ok", "a"),
            report(30, "critical", "a"),
            report(20, "warning", "a"),
            report(25, "ok", "b", "dev"),
            report(99, "ok", "a"),
        ]
    )


def test_a_check_gives_the_newest_statuses_of_each_group() -> None:
    scan = CheckScan("ntp", (), (), ("host",), 2, 0, 50)
    assert block_of(checks(), scan) == CheckBlock(
        [("a",), ("b",)], [("critical", "warning"), ("ok",)], [30.0, 25.0], ["critical at 30", "ok at 25"]
    )


def test_a_check_is_narrowed_by_what_tags_must_and_must_not_be_there() -> None:
    over = block_of(checks(), CheckScan("ntp", ("env:prod",), (), ("*",), 9, 0, 50))
    assert isinstance(over, CheckBlock)
    assert over.groups == [("env:prod", "host:a")]
    without = block_of(checks(), CheckScan("ntp", ("*",), ("host:a",), ("host",), 9, 0, 50))
    assert isinstance(without, CheckBlock)
    assert without.groups == [("b",)]

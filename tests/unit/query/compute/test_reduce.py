"""What an expression comes to over a window, and how much of it holds points."""

import numpy as np
import pytest

from lrcp.query.compute.series import SeriesSet
from lrcp.query.compute.windows import full_window_grid, whole_window, window_grid
from lrcp.query.errors import QueryError
from lrcp.query.memory.source import MemorySource
from tests.unit.query.compute.answering import START_S, changed, series, within


def counted(values: dict[str, float]) -> SeriesSet:
    """A variable with one value for the whole window."""
    grid = whole_window(START_S, START_S + 300)
    return SeriesSet(grid, ("service",), [(name,) for name in values], np.array([[v] for v in values.values()]))


def test_groups_come_in_the_order_of_their_names() -> None:
    source = MemorySource([series("m", "gauge", "1", f"host:{name}") for name in "cab"])
    assert within("avg:m{*} by {host}", source, 60).groups == [("a",), ("b",), ("c",)]


def test_only_groups_with_a_point_in_the_window_are_there() -> None:
    source = MemorySource([series("m", "gauge", "1", "host:a"), series("m", "gauge", "_x9 1", "host:b")])
    assert within("avg:m{*} by {host}", source, 300).groups == [("a",)]


def test_coverage_tells_an_empty_start_and_counts_empty_buckets() -> None:
    found = within("avg:m{*}", MemorySource([series("m", "gauge", "_ 1 1 _ _")]), 300)
    assert (found.filled.tolist(), found.first_filled.tolist(), found.empty_buckets.tolist()) == ([0.4], [False], [3])


def test_coverage_of_hours_is_by_ten_minutes() -> None:
    found = within("avg:m{*}", MemorySource([series("m", "gauge", "1 _x59 1 _x59")]), 7200)
    assert found.empty_buckets.tolist() == [10]


def test_a_point_of_a_long_rollup_covers_the_short_buckets_that_it_spans() -> None:
    found = within("avg:m{*}.rollup(avg, 300)", MemorySource([series("m", "gauge", "_ 1 _x8")]), 600)
    assert found.empty_buckets.tolist() == [5]


def test_an_evaluation_whose_points_are_lost_in_a_division_is_skipped_and_has_data() -> None:
    source = MemorySource([series("a", "count", "5 5"), series("b", "count", "0 0")])
    for text in ("sum:a{*} / sum:b{*}", "sum:a{*}.as_count() / sum:b{*}.as_count()", "diff(sum:a{*} / sum:b{*})"):
        found = within(text, source, 120)
        assert found.groups in ([()], []), text
        if found.groups:
            assert np.isnan(found.values).all()
            assert found.filled.tolist() == [1.0]


def test_coverage_of_a_percentile_of_the_window_is_by_its_values() -> None:
    source = MemorySource([series("m", "distribution", "[1 2] _ [3*200] _ _", "host:a")])
    found = within("p99:m{*} by {host}", source, 300, "percentile")
    assert found.values == pytest.approx([3], rel=0.01)
    assert found.empty_buckets.tolist() == [3]


def test_functions_of_arithmetic_with_counts_are_applied_to_the_windows_result() -> None:
    source = MemorySource([series("a", "count", "5 _ 1"), series("b", "count", "1 1 2")])
    assert within("clamp_max(sum:a{*}.as_count() / sum:b{*}.as_count(), 1)", source, 180, "sum").values.tolist() == [
        1.0
    ]
    assert within("-(sum:a{*}.as_count() - 4)", source, 180, "sum").values.tolist() == [-2.0]


def test_an_unknown_reducer_is_refused() -> None:
    with pytest.raises(QueryError, match="no reducer median"):
        within("avg:m{*}", MemorySource([series("m", "gauge", "1")]), 60, "median")


def test_variables_of_one_bucket_stand_for_the_window() -> None:
    given = {"query1": counted({"a": 4, "b": 2}), "query2": counted({"a": 1})}
    found = within("query2 / query1 * 100", MemorySource(), 300, "sum", given)
    assert (found.keys, found.groups, found.values.tolist()) == (("service",), [("a",)], [25.0])


def test_a_variable_that_counts_is_0_where_it_has_nothing() -> None:
    given = {"query1": counted({"a": 4, "b": 2}), "query2": counted({"a": 1})}
    given["query2"].counted = True
    found = within("query2 / query1 * 100", MemorySource(), 300, "sum", given)
    assert (found.groups, found.values.tolist()) == ([("a",), ("b",)], [25.0, 0.0])


def test_a_formula_that_names_what_is_not_there_is_refused() -> None:
    with pytest.raises(QueryError, match="names query9"):
        within("query9 * 2", MemorySource(), 300)


def test_a_group_that_is_new_cannot_be_compared_but_is_there() -> None:
    source = MemorySource([series("m", "gauge", "1x9", "host:a"), series("m", "gauge", "_x5 1x4", "host:b")])
    found = changed("avg:m{*} by {host}", source, START_S + 300, 300, 300, "avg", "change")
    assert found.groups == [("a",), ("b",)]
    assert found.values[0] == 0
    assert np.isnan(found.values[1])
    assert found.filled.tolist() == [1.0, 1.0]


def test_a_percentile_of_windows_may_be_compared() -> None:
    source = MemorySource([series("m", "distribution", "[1*10]*5 [2*10]*5")])
    found = changed("p95:m{*}", source, START_S + 300, 300, 300, "percentile", "pct_change")
    assert found.values == pytest.approx([100], rel=0.01)


def test_another_kind_of_change_is_refused() -> None:
    with pytest.raises(QueryError, match="no ratio"):
        changed("avg:m{*}", MemorySource(), START_S, 60, 60, "avg", "ratio")


@pytest.mark.parametrize(
    ("length_s", "step_s", "full_s"),
    [
        (300, 60, 60),
        (3600, 60, 600),
        (4 * 3600, 60, 600),
        (4 * 3600 + 60, 300, 600),
        (86400, 300, 3600),
        (7 * 86400, 3600, 3600),
        (8 * 86400, 14400, 3600),
        (30 * 86400, 14400, 14400),
    ],
)
def test_buckets_of_windows(length_s: int, step_s: int, full_s: int) -> None:
    assert window_grid(START_S, START_S + length_s).step_s == step_s
    assert full_window_grid(START_S, START_S + length_s).step_s == full_s

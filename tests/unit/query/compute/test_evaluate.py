"""What an expression comes to over a grid: what the case files of tests/spec/query/evaluation do not show."""

import numpy as np
import pytest

from lrcp.query.compute import arithmetic
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.functions.table import APPROXIMATIONS, FUNCTIONS
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.space import grouping
from lrcp.query.errors import QueryError
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.metric import functions as accepted
from lrcp.query.metric.ast import MetricQuery
from lrcp.query.metric.parser import parse_expression
from lrcp.query.scan.blocks import CheckBlock
from lrcp.query.scan.grid import Grid
from tests.unit.query.compute.answering import START_S, over, series


def test_every_function_that_the_language_accepts_is_computed() -> None:
    assert accepted.FUNCTIONS.keys() <= FUNCTIONS.keys()
    assert FUNCTIONS.keys() >= APPROXIMATIONS


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_of_no_series_gives_none(name: str) -> None:
    arguments = {
        "moving_rollup": ", 120, 'avg'",
        "timeshift": ", -60",
        "calendar_shift": ", '-1d', 'UTC'",
        "anomalies": ", 'basic', 2",
        "outliers": ", 'dbscan', 3",
        "forecast": ", 'linear', 1",
    }
    given = arguments.get(
        name, ", 5" if name.startswith(("clamp", "cutoff")) or name in ("top", "bottom", "top_offset") else ""
    )
    found = over(f"{name}(avg:nothing{{*}} by {{host}}{given})", MemorySource(), Grid(START_S, 600, 4))
    assert found.groups == []
    assert found.values.shape == (0, 4)


def test_a_number_is_one_series() -> None:
    found = over("2 * 3", MemorySource(), Grid(START_S, 60, 2))
    assert (found.groups, found.values.tolist()) == ([()], [[6.0, 6.0]])


def test_an_explicit_rollup_gives_its_own_grid() -> None:
    source = MemorySource([series("m", "count", "1x9")])
    found = over("sum:m{*}.rollup(sum, 300)", source, Grid(START_S + 60, 60, 9))
    assert found.grid == Grid(START_S, 300, 2)
    assert found.values.tolist() == [[4.0, 5.0]]


def test_the_finest_of_several_rollups_is_the_grid_of_all() -> None:
    source = MemorySource([series("a", "count", "1x9"), series("b", "count", "1x9")])
    found = over("sum:a{*}.rollup(sum, 300) + sum:b{*}.rollup(sum, 60)", source, Grid(START_S, 60, 10))
    assert found.grid.step_s == 60
    assert np.flatnonzero(~np.isnan(found.values[0])).tolist() == [0, 5]


def test_the_unit_of_a_metric_stays_through_sums_and_is_lost_in_quotients() -> None:
    source = MemorySource([MemorySeries("m", "gauge", (), [START_S], [1.0], unit="second")])
    grid = Grid(START_S, 60, 1)
    assert over("avg:m{*} + avg:m{*}", source, grid).unit == "second"
    assert over("avg:m{*} * 2", source, grid).unit == "second"
    assert over("avg:m{*} / avg:m{*}", source, grid).unit == ""


def test_short_forms_rank_as_top_does() -> None:
    source = MemorySource([series("m", "gauge", str(n), f"host:{n:02}") for n in range(12)])
    grid = Grid(START_S, 60, 1)
    assert [g[0] for g in over("top5_mean(avg:m{*} by {host})", source, grid).groups] == ["07", "08", "09", "10", "11"]
    assert len(over("bottom10_min(avg:m{*} by {host})", source, grid).groups) == 10


def test_points_outside_their_band_are_anomalies() -> None:
    source = MemorySource([series("m", "gauge", "10~1*200 60", every_s=60)])
    found = over("anomalies(avg:m{*}, 'basic', 3)", source, Grid(START_S + 190 * 60, 60, 11))
    assert found.values[0, -1] == 1
    assert found.values[0, :-1].sum() <= 1


def test_one_group_among_many_is_an_outlier() -> None:
    source = MemorySource(
        [series("m", "gauge", "10~1*20", f"host:{n}") for n in "abcd"] + [series("m", "gauge", "90*20", "host:z")]
    )
    found = over("outliers(avg:m{*} by {host}, 'dbscan', 3)", source, Grid(START_S, 60, 20))
    assert dict(zip(found.groups, found.values.max(axis=1).tolist(), strict=True))[("z",)] == 1
    assert found.values.max(axis=1).sum() == 1


def test_a_forecast_goes_on_from_before_the_grid() -> None:
    source = MemorySource([series("m", "gauge", "0+1x1500", every_s=60)])
    found = over("forecast(avg:m{*}, 'linear', 1)", source, Grid(START_S + 1440 * 60, 60, 5))
    assert found.values[0] == pytest.approx([1440, 1441, 1442, 1443, 1444], rel=0.01)


def test_a_series_with_two_values_of_a_key_is_in_both_groups_and_one_without_in_none() -> None:
    tags = [("env:a", "host:x"), ("env:a", "env:b", "host:y"), ("host:z",)]
    found = grouping(tags, ("env",))
    assert found.groups == [("a",), ("b",)]
    assert [
        found.rows[start : start + size].tolist() for start, size in zip(found.starts, found.sizes, strict=True)
    ] == [
        [0, 1],
        [1],
    ]


def test_groupings_are_remembered_by_the_list_itself() -> None:
    tags = [("env:a",), ("env:b",)]
    assert grouping(tags, ("env",)) is grouping(tags, ("env",))
    assert grouping(list(tags), ("env",)) is not grouping(tags, ("env",))


def test_sides_without_a_common_key_may_not_multiply_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    source = MemorySource(
        [series("a", "gauge", "1", f"x:{n}") for n in range(9)]
        + [series("b", "gauge", "1", f"y:{n}") for n in range(9)]
    )
    text, grid = "avg:a{*} by {x} + avg:b{*} by {y}", Grid(START_S, 60, 1)
    assert len(over(text, source, grid).groups) == 81
    monkeypatch.setattr(arithmetic, "MOST_GROUPS", 80)
    with pytest.raises(QueryError, match="more than 80 groups"):
        over(text, source, grid)


def test_what_a_source_has_left_out_is_told_with_the_result() -> None:
    source, grid = MemorySource([series("m", "gauge", "1", "host:a")]), Grid(START_S, 60, 1)
    for text in ("avg:m{*} by {host}", "abs(avg:m{*} * 2)", "avg:m{*} + 1", "count_nonzero(avg:m{*})"):
        expression = parse_expression(text)
        answers = source.answer(plan_scans(expression, grid))
        for block in answers.values():
            block.cut = 7  # type: ignore[union-attr]
        assert evaluate_expression(expression, grid, answers).cut == 7


def test_an_aggregator_that_does_not_exist_is_refused() -> None:
    query, grid = MetricQuery("median", "m"), Grid(START_S, 60, 1)
    source = MemorySource([series("m", "gauge", "1")])
    with pytest.raises(QueryError, match="no aggregator median"):
        evaluate_expression(query, grid, source.answer(plan_scans(query, grid)))


def test_an_answer_of_another_kind_is_a_fault() -> None:
    query, grid = parse_expression("avg:m{*}"), Grid(START_S, 60, 1)
    with pytest.raises(QueryError, match="CheckBlock does not answer"):
        evaluate_expression(query, grid, dict.fromkeys(plan_scans(query, grid), CheckBlock()))

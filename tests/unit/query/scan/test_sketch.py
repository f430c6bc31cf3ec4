"""Sketches as columns give what the reference implementation gives, and merge by adding rows."""

import numpy as np
import pytest
from ddsketch.ddsketch import BaseDDSketch
from ddsketch.mapping import LogarithmicMapping
from ddsketch.store import DenseStore
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.query.metric.ast import ValueCondition
from lrcp.query.scan.sketch import RELATIVE_ERROR, Bins, bin_values, count_where, quantiles

values_lists = st.lists(
    st.one_of(st.floats(1e-6, 1e6), st.floats(-1e6, -1e-6), st.just(0.0), st.integers(-5, 5).map(float)),
    min_size=1,
    max_size=200,
)


def sketch_of(values: list[float], cell: int = 0) -> Bins:
    array = np.array(values)
    return Bins(np.full(len(array), cell), bin_values(array), np.ones(len(array)))


def bounds(values: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([min(values)]), np.array([max(values)])


@settings(max_examples=150, deadline=None)
@given(values_lists, st.floats(0, 1))
def test_a_quantile_is_that_of_the_reference_within_twice_the_error(values: list[float], quantile: float) -> None:
    reference = BaseDDSketch(LogarithmicMapping(RELATIVE_ERROR), DenseStore(), DenseStore(), 0.0)
    for value in values:
        reference.add(value)
    found = quantiles(sketch_of(values), 1, quantile, *bounds(values))[0]
    assert found == pytest.approx(reference.get_quantile_value(quantile), rel=2.1 * RELATIVE_ERROR, abs=1e-9)


@settings(max_examples=150, deadline=None)
@given(values_lists, st.floats(0, 1))
def test_a_quantile_is_the_value_of_its_rank_within_the_error(values: list[float], quantile: float) -> None:
    exact = sorted(values)[int(quantile * (len(values) - 1))]
    found = quantiles(sketch_of(values), 1, quantile, *bounds(values))[0]
    assert found == pytest.approx(exact, rel=1.01 * RELATIVE_ERROR, abs=1e-12)


@settings(max_examples=50, deadline=None)
@given(values_lists, values_lists, st.floats(0, 1))
def test_merging_is_adding_rows(a: list[float], b: list[float], quantile: float) -> None:
    one, other = sketch_of(a), sketch_of(b)
    both = Bins(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in ("cells", "values", "counts")))
    merged = quantiles(both, 1, quantile, *bounds(a + b))
    assert merged == quantiles(sketch_of(a + b), 1, quantile, *bounds(a + b))


def test_cells_do_not_mix_and_an_empty_one_is_nan() -> None:
    low, high = sketch_of([1.0, 2.0, 3.0], 0), sketch_of([10.0], 2)
    bins = Bins(*(np.concatenate([getattr(low, name), getattr(high, name)]) for name in ("cells", "values", "counts")))
    found = quantiles(bins, 3, 0.5, np.array([1.0, np.inf, 10.0]), np.array([3.0, -np.inf, 10.0]))
    assert found == pytest.approx([2.0, np.nan, 10.0], rel=RELATIVE_ERROR, nan_ok=True)


def test_weights_count_as_so_many_values() -> None:
    bins = Bins(np.zeros(2, np.int64), bin_values(np.array([1.0, 100.0])), np.array([98.0, 2.0]))
    assert quantiles(bins, 1, 0.97, np.array([1.0]), np.array([100.0]))[0] == pytest.approx(1, rel=RELATIVE_ERROR)
    assert quantiles(bins, 1, 0.99, np.array([1.0]), np.array([100.0]))[0] == pytest.approx(100, rel=RELATIVE_ERROR)


@pytest.mark.parametrize(
    ("comparator", "value", "count"), [("<=", 2.5, 2), ("<", 1, 0), (">", 2.5, 3), (">=", 0, 5), ("<=", 100, 5)]
)
def test_values_that_meet_a_condition_are_counted(comparator: str, value: float, count: int) -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0]
    found = count_where(sketch_of(values), 1, ValueCondition(comparator, value), *bounds(values))
    assert found.tolist() == [count]

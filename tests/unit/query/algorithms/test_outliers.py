"""Outliers among series: who is flagged, and who never is."""

import numpy as np
import pytest

from lrcp.model.errors import InputError, TooLargeError
from lrcp.query.algorithms.outliers import ALGORITHMS, MOST_SERIES, outliers


def _set(seed: int = 1, series: int = 8, points: int = 30) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 50 + 10 * np.sin(np.arange(points) / 5)[None, :] + rng.normal(0, 1, (series, points))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_series_far_above_the_others_is_an_outlier_and_they_are_not(algorithm: str) -> None:
    values = _set()
    values[3] += 80
    assert np.flatnonzero(outliers(values, algorithm, 3.0, 20)).tolist() == [3]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_alike_series_have_no_outlier(algorithm: str) -> None:
    flagged = [outliers(_set(seed), algorithm, 3.0, 20).any() for seed in range(200)]
    assert sum(flagged) == 0


def test_dbscan_sees_another_shape_at_the_same_level_and_mad_does_not() -> None:
    values = _set()
    values[2] = 100 - values[2]
    assert np.flatnonzero(outliers(values, "dbscan", 3.0)).tolist() == [2]
    assert not outliers(values, "mad", 3.0, 20).any()


def test_mad_flags_a_series_only_when_more_than_the_percentage_of_its_points_are_out() -> None:
    values = np.full((5, 10), 50.0) + np.arange(5)[:, None]
    values[1, :3] = 500
    assert outliers(values, "mad", 3.0, 20).tolist() == [False, True, False, False, False]
    assert not outliers(values, "mad", 3.0, 30).any()


@pytest.mark.parametrize(("plain", "scaled"), [("dbscan", "scaleddbscan"), ("mad", "scaledmad")])
def test_scaled_algorithms_leave_small_differences_between_close_series_alone(plain: str, scaled: str) -> None:
    values = 1000 + np.random.default_rng(4).normal(0, 1, (6, 40))
    values[5] += 30
    assert outliers(values, plain, 3.0, 20).tolist() == [False] * 5 + [True]
    assert not outliers(values, scaled, 3.0, 20).any()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_two_series_have_no_outlier_and_one_without_points_does_not_count(algorithm: str) -> None:
    values = np.array([[1.0] * 5, [1.0] * 5, [99.0] * 5])
    assert outliers(values, algorithm, 3.0, 20).tolist() == [False, False, True]
    values[1] = np.nan
    assert not outliers(values, algorithm, 3.0, 20).any()
    assert outliers(np.empty((0, 5)), algorithm, 3.0).shape == (0,)


def test_two_equal_camps_have_no_majority_and_no_outlier() -> None:
    values = np.concatenate([np.full((4, 10), 1.0), np.full((4, 10), 90.0)])
    assert not outliers(values, "dbscan", 1.0).any()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_gaps_do_not_make_an_outlier(algorithm: str) -> None:
    values = _set()
    values[4, :20] = np.nan
    values[:, 25] = np.nan
    values[3] += 80
    assert np.flatnonzero(outliers(values, algorithm, 3.0, 20)).tolist() == [3]


def test_dbscan_of_too_many_series_is_refused() -> None:
    with pytest.raises(TooLargeError, match="use mad"):
        outliers(np.zeros((MOST_SERIES + 1, 2)), "dbscan", 3.0)


@pytest.mark.parametrize(
    ("algorithm", "tolerance", "percentage"),
    [("kmeans", 3, 10), ("mad", 0, 10), ("mad", float("nan"), 10), ("mad", 3, 101)],
)
def test_wrong_arguments_are_refused(algorithm: str, tolerance: float, percentage: float) -> None:
    with pytest.raises(InputError):
        outliers(_set(), algorithm, tolerance, percentage)

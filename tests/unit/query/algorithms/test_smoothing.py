"""Smoothing and regression: against hand arithmetic and what is known to be in the data."""

import numpy as np

from lrcp.query.algorithms.regression import piecewise_constant, robust_trend, trend_line
from lrcp.query.algorithms.smoothing import autosmooth, ewma, median

NAN = np.nan


def test_an_exponential_mean_weighs_older_points_less() -> None:
    # span 3: weights 1, 1/2, 1/4
    np.testing.assert_allclose(
        ewma(np.array([[4.0, 8.0, NAN, 2.0]]), 3),
        [[4.0, (8 + 2) / 1.5, NAN, (2 + 8 / 4 + 4 / 8) / (1 + 1 / 4 + 1 / 8)]],
    )


def test_a_rolling_median_looks_back_only() -> None:
    np.testing.assert_array_equal(
        median(np.array([[5.0, 1.0, 9.0, 2.0, NAN, 7.0]]), 3), [[5.0, 3.0, 5.0, 2.0, NAN, 4.5]]
    )


def test_autosmooth_quietens_noise_and_keeps_a_lasting_dip() -> None:
    values = 10 * np.sin(np.arange(480) / 24)[None, :] + np.random.default_rng(1).normal(0, 3, (1, 480))
    values[0, 300:340] -= 60
    smooth = autosmooth(values)
    assert np.diff(smooth[0]).std() < 0.5 * np.diff(values[0]).std()
    assert smooth[0, 300:360].min() < -40
    short = np.arange(10.0)[None, :]
    np.testing.assert_array_equal(autosmooth(short), short)


def test_a_trend_line_is_least_squares_and_a_robust_one_shrugs_off_spikes() -> None:
    points = np.arange(100.0)
    values = (3 + 0.5 * points)[None, :].repeat(2, axis=0)
    values[1, 90:95] = 1000
    slope, level = np.polyfit(points, values[1], 1)
    np.testing.assert_allclose(trend_line(values)[0], values[0])
    np.testing.assert_allclose(trend_line(values)[1], level + slope * points)
    noisy = values + np.random.default_rng(1).normal(0, 0.1, values.shape)
    np.testing.assert_allclose(robust_trend(noisy)[1], 3 + 0.5 * points, atol=0.3)
    assert np.isnan(trend_line(np.array([[NAN, 5.0, NAN]]))).all()


def test_steps_are_found_where_they_are_and_noise_has_none() -> None:
    rng = np.random.default_rng(2)
    values = np.concatenate([np.full(60, 10.0), np.full(30, 50.0), np.full(40, 20.0)])[None, :]
    values = values + rng.normal(0, 2, values.shape)
    steps = piecewise_constant(values)[0]
    assert np.flatnonzero(np.diff(steps)).tolist() == [59, 89]
    assert abs(steps[70] - 50) < 1
    noise = piecewise_constant(rng.normal(0, 1, (50, 200)))
    assert sum(len(np.unique(row)) > 1 for row in noise) <= 3
    assert np.isnan(piecewise_constant(np.array([[1.0, NAN, 1.0]]))[0]).tolist() == [False, True, False]


def test_no_series_give_no_series() -> None:
    empty = np.empty((0, 7))
    for function in (trend_line, robust_trend, piecewise_constant, autosmooth):
        assert function(empty).shape == (0, 7)
    assert ewma(empty, 5).shape == median(empty, 5).shape == (0, 7)

"""Whatever numbers come in, the algorithms answer with arrays of the right shape, the same ones each time, without a warning."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from lrcp.query.algorithms.anomalies import AnomalySettings, bounds, share_outside, with_count_default_zero
from lrcp.query.algorithms.forecast import ForecastSettings, crossing_s, edge, forecast
from lrcp.query.algorithms.outliers import outliers
from lrcp.query.algorithms.regression import piecewise_constant, robust_trend, trend_line
from lrcp.query.algorithms.smoothing import autosmooth, ewma, median

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False) | st.just(np.nan) | st.sampled_from([0.0, 1.0, np.inf, -np.inf])
SERIES = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=90), elements=NUMBERS)


@pytest.mark.parametrize("algorithm", ["basic", "agile", "robust"])
@settings(max_examples=40, deadline=None)
@given(values=SERIES)
def test_bands_of_any_series(algorithm: str, values: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        given_settings = AnomalySettings(algorithm, 2.0, "hourly")
        low, high = bounds(values, given_settings, step_s=300, start_s=1_780_000_200)
        again, _ = bounds(values, given_settings, step_s=300, start_s=1_780_000_200)
        shares = share_outside(with_count_default_zero(values), low, high)
    assert low.shape == high.shape == values.shape
    np.testing.assert_array_equal(low, again)
    known = ~np.isnan(low) & ~np.isnan(high)
    assert (low[known] <= high[known]).all()
    assert ((shares >= 0) & (shares <= 1) | np.isnan(shares)).all()


@pytest.mark.parametrize("algorithm", ["dbscan", "mad", "scaleddbscan", "scaledmad"])
@settings(max_examples=40, deadline=None)
@given(values=SERIES)
def test_outliers_of_any_series(algorithm: str, values: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flags = outliers(values, algorithm, 3.0, 20)
    assert flags.shape == (len(values),)
    assert flags.sum() <= len(values) / 2 or algorithm.endswith("mad")


@pytest.mark.parametrize("algorithm", ["linear", "seasonal"])
@settings(max_examples=40, deadline=None)
@given(values=SERIES)
def test_forecasts_of_any_series(algorithm: str, values: np.ndarray) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asked = ForecastSettings(algorithm, 2.0, seasonality="hourly")
        found = forecast(values, asked, step_s=300, start_s=0, horizon_s=6000)
        edges, times = edge(found, "max"), crossing_s(found, 5.0, above=True)
    assert found.mean.shape == (len(values), 20)
    assert edges.shape == times.shape == (len(values),)


@pytest.mark.parametrize(
    "function",
    [trend_line, robust_trend, piecewise_constant, autosmooth, lambda v: ewma(v, 5), lambda v: median(v, 5)],
    ids=["trend_line", "robust_trend", "piecewise_constant", "autosmooth", "ewma", "median"],
)
@settings(max_examples=40, deadline=None)
@given(values=SERIES)
def test_smoothing_of_any_series(function, values: np.ndarray) -> None:  # type: ignore[no-untyped-def]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert function(values).shape == values.shape

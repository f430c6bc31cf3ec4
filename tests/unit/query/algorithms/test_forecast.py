"""Forecasts: lines and seasons go on as they were, with a band that grows."""

import numpy as np
import pytest

from lrcp.model.errors import InputError
from lrcp.query.algorithms.forecast import MODELS, ForecastSettings, crossing_s, edge, forecast, history_s

HOUR = 3600
START = 1_780_000_200


def _line(points: int = 200, slope: float = 2.0, deviation: float = 1.0, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, deviation, points)
    return (10 + slope * np.arange(points) + noise)[None, :]


@pytest.mark.parametrize("model", MODELS)
def test_a_line_goes_on_and_says_when_it_reaches_a_threshold(model: str) -> None:
    found = forecast(_line(), ForecastSettings("linear", 1.0, model), step_s=HOUR, start_s=START, horizon_s=100 * HOUR)
    assert found.mean.shape == (1, 100)
    np.testing.assert_allclose(found.mean[0, 50], 10 + 2 * 250, rtol=0.02)
    assert found.start_s == START + 200 * HOUR
    hours = (crossing_s(found, 510.0, above=True)[0] - found.start_s) / HOUR
    assert 40 <= hours <= 50
    assert np.isnan(crossing_s(found, 5000.0, above=True)[0])
    assert edge(found, "max")[0] == found.high[0, -1]


def test_the_truth_lies_in_a_band_of_two_deviations_most_of_the_time() -> None:
    inside = []
    for seed in range(200):
        values = _line(260, slope=0.5, deviation=4, seed=seed)
        found = forecast(
            values[:, :200], ForecastSettings("linear", 2.0, "simple"), step_s=60, start_s=0, horizon_s=3600
        )
        inside.append(((values[:, 200:] >= found.low) & (values[:, 200:] <= found.high)).mean())
    assert 0.92 < np.mean(inside) < 0.98


def test_models_differ_in_how_soon_they_believe_a_new_trend() -> None:
    points = np.concatenate([np.full(180, 10.0), 10 + 2.0 * np.arange(20)])
    values = points[None, :] + np.random.default_rng(1).normal(0, 0.5, 200)
    ends = {
        model: forecast(values, ForecastSettings("linear", 1.0, model), step_s=60, start_s=0, horizon_s=1200).mean[
            0, -1
        ]
        for model in MODELS
    }
    assert ends["simple"] < ends["default"] < ends["reactive"]


def test_single_spikes_do_not_turn_the_line() -> None:
    values = _line()
    values[0, [20, 90, 180]] = 9000
    found = forecast(values, ForecastSettings(), step_s=HOUR, start_s=0, horizon_s=50 * HOUR)
    np.testing.assert_allclose(found.mean[0, -1], 10 + 2 * 249, rtol=0.03)


def test_a_season_comes_again_with_its_drift() -> None:
    points = np.arange(24 * 8)
    truth = 100 + 30 * np.sin(2 * np.pi * points / 24) + 5 * (points // 24)
    values = (truth + np.random.default_rng(1).normal(0, 1, len(points)))[None, :]
    known = values[:, : 24 * 7 - 5]
    found = forecast(
        known, ForecastSettings("seasonal", 3.0, seasonality="daily"), step_s=HOUR, start_s=0, horizon_s=24 * HOUR
    )
    ahead = truth[24 * 7 - 5 : 24 * 8 - 5]
    assert np.abs(found.mean[0] - ahead).max() < 8
    assert ((ahead >= found.low[0]) & (ahead <= found.high[0])).mean() > 0.9


def test_a_season_needs_to_have_been_seen_twice() -> None:
    found = forecast(
        np.ones((2, 47)), ForecastSettings("seasonal", seasonality="daily"), step_s=HOUR, start_s=0, horizon_s=24 * HOUR
    )
    assert np.isnan(found.mean).all()
    assert np.isnan(edge(found, "min")).all()


def test_series_with_hardly_a_point_have_no_forecast_and_do_not_disturb_others() -> None:
    values = np.concatenate([_line(), np.full((1, 200), np.nan), np.full((1, 200), np.nan)])
    values[2, :4] = 1.0
    found = forecast(values, ForecastSettings(), step_s=60, start_s=0, horizon_s=600)
    assert np.isnan(found.mean[1:]).all()
    assert not np.isnan(found.mean[0]).any()


def test_a_falling_series_reaches_a_floor() -> None:
    found = forecast(_line(slope=-1.0), ForecastSettings(), step_s=60, start_s=0, horizon_s=6000)
    crossing = crossing_s(found, -200.0, above=False)[0]
    assert abs((crossing - found.start_s) / 60 - 10) < 6
    assert edge(found, "min")[0] < -270


def test_history_is_asked_for_by_the_documented_rules() -> None:
    hours = {name: 3600 * count for name, count in (("12h", 12), ("1w", 168), ("4w", 672), ("7d", 168), ("6w", 1008))}
    assert history_s(ForecastSettings(), 3600) == hours["12h"]
    assert history_s(ForecastSettings(), 7 * 86400) == hours["1w"]
    assert history_s(ForecastSettings(), 90 * 86400) == hours["4w"]
    assert history_s(ForecastSettings("seasonal", seasonality="daily"), 86400) == hours["7d"]
    assert history_s(ForecastSettings("seasonal"), 86400) == hours["6w"]
    assert history_s(ForecastSettings(history_s=1800), 86400) == 1800


@pytest.mark.parametrize(
    "settings",
    [
        ForecastSettings("arima"),
        ForecastSettings(model="eager"),
        ForecastSettings(deviations=0.5),
        ForecastSettings("seasonal", seasonality="yearly"),
    ],
)
def test_wrong_arguments_are_refused(settings: ForecastSettings) -> None:
    with pytest.raises(InputError):
        forecast(_line(), settings, step_s=60, start_s=0, horizon_s=600)

"""The bands of anomalies: what they find, what they leave alone, and that they never look ahead."""

import numpy as np
import pytest

from lrcp.model.errors import InputError
from lrcp.query.algorithms.anomalies import (
    ALGORITHMS,
    AnomalySettings,
    bounds,
    history_s,
    share_outside,
    shortest_recovery_window_s,
    with_count_default_zero,
)

MINUTE = 60
DAY = 1440
START = 1_780_000_020


def _noise(points: int, *, level: float = 100, deviation: float = 3, seed: int = 1, series: int = 1) -> np.ndarray:
    return level + np.random.default_rng(seed).normal(0, deviation, (series, points))


def _daily(points: int, **options: float) -> np.ndarray:
    return _noise(points, **options) + 40 * np.sin(2 * np.pi * np.arange(points) / DAY)


def _outside(values: np.ndarray, settings: AnomalySettings) -> np.ndarray:
    low, high = bounds(values, settings, step_s=MINUTE, start_s=START)
    return (values > high) | (values < low)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_spike_of_eight_deviations_is_outside_the_band(algorithm: str) -> None:
    values = _noise(5 * DAY)
    values[0, -30] += 24
    assert _outside(values, AnomalySettings(algorithm, 3.0, "daily"))[0, -30]


@pytest.mark.parametrize(("algorithm", "most"), [("basic", 0.02), ("agile", 0.01), ("robust", 0.01)])
def test_normal_noise_is_seldom_outside_three_deviations(algorithm: str, most: float) -> None:
    outside = _outside(_noise(5 * DAY, series=8), AnomalySettings(algorithm, 3.0, "daily"))
    assert outside[:, 4 * DAY :].mean() < most


@pytest.mark.parametrize("algorithm", ["agile", "robust"])
def test_the_usual_hill_of_a_day_is_no_anomaly_and_its_absence_is(algorithm: str) -> None:
    values = _daily(6 * DAY)
    settings = AnomalySettings(algorithm, 4.0, "daily")
    assert _outside(values, settings)[0, 5 * DAY :].mean() < 0.01
    # Flat at what is right at midnight, during the hours of the hill's top.
    values[0, 5 * DAY + 330 : 5 * DAY + 390] = 100
    assert _outside(values, settings)[0, 5 * DAY + 330 : 5 * DAY + 345].mean() > 0.9


def test_agile_follows_a_new_level_within_the_hour_and_robust_does_not() -> None:
    values = _daily(6 * DAY)
    shift = 5 * DAY
    values[0, shift:] += 30
    agile = _outside(values, AnomalySettings("agile", 3.0, "daily"))[0]
    robust = _outside(values, AnomalySettings("robust", 3.0, "daily"))[0]
    assert agile[shift : shift + 10].mean() > 0.9
    assert robust[shift : shift + 10].mean() > 0.9
    assert agile[shift + 60 : shift + 300].mean() < 0.05
    assert robust[shift + 60 : shift + 300].mean() > 0.9


def test_basic_follows_a_new_level_after_an_hour() -> None:
    values = _noise(2 * DAY)
    values[0, DAY:] += 30
    outside = _outside(values, AnomalySettings("basic", 3.0))[0]
    assert outside[DAY : DAY + 15].mean() > 0.9
    assert outside[DAY + 100 : DAY + 400].mean() < 0.05


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_band_does_not_know_its_own_point_nor_any_later_one(algorithm: str) -> None:
    values = _daily(5 * DAY)
    settings = AnomalySettings(algorithm, 3.0, "daily", "America/New_York")
    whole = bounds(values, settings, step_s=MINUTE, start_s=START)
    changed = values.copy()
    changed[:, 4 * DAY + 700 :] = np.random.default_rng(5).normal(0, 1e6, changed[:, 4 * DAY + 700 :].shape)
    other = bounds(changed, settings, step_s=MINUTE, start_s=START)
    for before, after in zip(whole, other, strict=True):
        np.testing.assert_array_equal(before[:, : 4 * DAY + 701], after[:, : 4 * DAY + 701])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_same_point_has_the_same_band_when_asked_later(algorithm: str) -> None:
    values = _daily(17 * DAY)
    settings = AnomalySettings(algorithm, 3.0, "daily")
    skip = 37
    whole = bounds(values, settings, step_s=MINUTE, start_s=START)
    later = bounds(values[:, skip:], settings, step_s=MINUTE, start_s=START + skip * MINUTE)
    for before, after in zip(whole, later, strict=True):
        np.testing.assert_allclose(before[:, -DAY:], after[:, -DAY:])


def test_history_is_enough_for_the_band_to_be_the_same_with_more_of_it() -> None:
    values = _daily(20 * DAY)
    for algorithm in ALGORITHMS:
        settings = AnomalySettings(algorithm, 3.0, "daily")
        needed = history_s(settings, MINUTE) // MINUTE + 15
        low, _ = bounds(values, settings, step_s=MINUTE, start_s=START)
        skipped = values.shape[1] - needed
        part, _ = bounds(values[:, skipped:], settings, step_s=MINUTE, start_s=START + skipped * MINUTE)
        assert not np.isnan(part[0, -15:]).any()
        np.testing.assert_allclose(part[0, -15:], low[0, -15:], rtol=0.02)


def test_a_season_in_local_time_moves_with_the_clocks() -> None:
    # 2026-11-01 06:00 UTC: New York sets its clocks back. A job runs at 09:00 local time, every day.
    start_s = 1_793_059_200  # 2026-10-27 00:00 UTC
    times_s = start_s + 60 * np.arange(9 * DAY)
    offset_s = np.where(times_s < 1_793_512_800, -4 * 3600, -5 * 3600)
    busy = ((times_s + offset_s) % 86_400) // 3600 == 9
    values = _noise(9 * DAY) + 80 * busy
    local = AnomalySettings("robust", 4.0, "daily", "America/New_York")
    for settings, quiet in ((local, True), (AnomalySettings("robust", 4.0, "daily"), False)):
        low, high = bounds(values, settings, step_s=60, start_s=start_s)
        day = slice(5 * DAY + 420, 6 * DAY)
        outside = ((values > high) | (values < low))[0, day].mean()
        assert (outside < 0.02) == quiet, (settings, outside)


def test_without_enough_past_there_is_no_band_and_no_share() -> None:
    values = _noise(2 * DAY)
    low, high = bounds(values, AnomalySettings("robust", 3.0, "daily"), step_s=MINUTE, start_s=START)
    assert np.isnan(low).all()
    assert np.isnan(share_outside(values[:, -15:], low[:, -15:], high[:, -15:])).all()


def test_gaps_in_the_data_neither_break_the_band_nor_count_as_anomalies() -> None:
    values = _daily(6 * DAY)
    values[0, np.random.default_rng(3).random(values.shape[1]) < 0.4] = np.nan
    values[0, 2 * DAY : 2 * DAY + 300] = np.nan
    low, high = bounds(values, AnomalySettings("agile", 3.0, "daily"), step_s=MINUTE, start_s=START)
    assert not np.isnan(low[0, -DAY:]).any()
    assert share_outside(values[:, -DAY:], low[:, -DAY:], high[:, -DAY:])[0] < 0.02


def test_a_constant_is_no_anomaly_in_its_last_digits_but_is_when_it_moves() -> None:
    values = np.full((1, 300), 5.0)
    values[0, 250] = 5.001
    values[0, 280] = 6.0
    outside = _outside(values, AnomalySettings("basic", 3.0))[0]
    assert np.flatnonzero(outside).tolist() == [280]


def test_the_share_counts_points_on_the_asked_side_only() -> None:
    values = np.array([[5.0, 1.0, 9.0, 9.0, np.nan]])
    low, high = np.full((1, 5), 2.0), np.full((1, 5), 8.0)
    shares = {side: share_outside(values, low, high, direction=side)[0] for side in ("above", "below", "both")}
    assert shares == {"above": 0.5, "below": 0.25, "both": 0.75}


def test_missing_points_of_a_count_are_zero_from_its_first_point_on() -> None:
    np.testing.assert_array_equal(
        with_count_default_zero(np.array([[np.nan, 3.0, np.nan, 1.0, np.nan]])), [[np.nan, 3.0, 0.0, 1.0, 0.0]]
    )


def test_recovery_windows_are_bounded_as_datadog_documents() -> None:
    assert shortest_recovery_window_s(4 * 3600, 0.5) == 121 * 60
    assert shortest_recovery_window_s(4 * 3600, 0.8) == 49 * 60


@pytest.mark.parametrize(
    ("settings", "step_s", "text"),
    [
        (AnomalySettings("prophet"), 60, "one of basic, agile, robust"),
        (AnomalySettings("agile", 0.0), 60, "above 0"),
        (AnomalySettings("agile", 2.0, "yearly"), 60, "one of hourly, daily, weekly"),
        (AnomalySettings("agile", 2.0, "hourly"), 7, "does not divide"),
        (AnomalySettings("agile", 2.0, "daily", "Mars/Olympus"), 60, "no such time zone"),
    ],
)
def test_what_cannot_be_computed_is_refused_in_words(settings: AnomalySettings, step_s: int, text: str) -> None:
    with pytest.raises(InputError, match=text):
        bounds(_noise(100), settings, step_s=step_s, start_s=0)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_no_series_and_no_points_give_empty_bands(algorithm: str) -> None:
    for shape in ((0, 50), (2, 0)):
        low, high = bounds(np.empty(shape), AnomalySettings(algorithm, 2.0, "hourly"), step_s=60, start_s=0)
        assert low.shape == high.shape == shape

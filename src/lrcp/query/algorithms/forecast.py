"""Forecasts: the band in which a series is expected to go on, and when it reaches a threshold. An approximation of Datadog's.

linear: a robust line through the history, all points alike (simple), the recent ones more (default) or most (reactive).
seasonal: what each phase of the season usually is, the drift from season to season, the level of the last one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lrcp.model.errors import InputError
from lrcp.query.algorithms.points import finite
from lrcp.query.algorithms.regression import fit_huber
from lrcp.query.algorithms.seasons import SEASONS_S, points_of
from lrcp.query.scan.grid import Array

ALGORITHMS: Final = ("linear", "seasonal")
_HALF_LIVES: Final = {"simple": np.inf, "default": 1 / 3, "reactive": 1 / 12}
"""After which part of the history a point counts half of the newest, by model."""
MODELS: Final = tuple(_HALF_LIVES)
_LEAST_POINTS: Final = 5
_LEAST_SEASONS: Final = 2
_HISTORY_SEASONS: Final = {"hourly": 24, "daily": 7, "weekly": 6}
_SHORTEST_S: Final = 12 * 3600
_LONGEST_S: Final = 28 * 86_400
_NORMAL: Final = 1.4826


@dataclass(frozen=True, slots=True)
class ForecastSettings:
    """Arguments of `forecast(...)`. deviations: half of the band's width, >= 1. history_s: data that is looked at, None by
    the rules of history_s(). model: of linear. seasonality: of seasonal, None the longest that fits twice."""

    algorithm: str = "linear"
    deviations: float = 1.0
    model: str = "default"
    seasonality: str | None = None
    history_s: int | None = None


@dataclass(slots=True)
class Forecast:
    """What is expected. start_s, step_s: times of the points. mean, low, high: float64[n, points], NaN: cannot be told."""

    start_s: int
    step_s: int
    mean: Array
    low: Array
    high: Array


def history_s(settings: ForecastSettings, horizon_s: int) -> int:
    """Seconds of data that a forecast wants: linear as long as its horizon, from 12 hours to 4 weeks; seasonal 24 hours, 7
    days or 6 weeks, by its season (6 weeks when that is None). An explicit history stands."""
    if settings.history_s is not None:
        return settings.history_s
    if settings.algorithm == "linear":
        return min(max(horizon_s, _SHORTEST_S), _LONGEST_S)
    season = settings.seasonality or "weekly"
    return SEASONS_S.get(season, 0) * _HISTORY_SEASONS.get(season, 0)


def forecast(values: Array, settings: ForecastSettings, *, step_s: int, start_s: int, horizon_s: int) -> Forecast:
    """The band from the end of the data to the horizon.

    Args:
        values: float64[n, points], NaN no point, one every step_s from start_s on.
        horizon_s: how far to look, seconds; the forecast has horizon_s / step_s points, at least one.
    Returns: NaN for series with fewer than five points, or (seasonal) less than two seasons.
    Raises: InputError - an algorithm, model or season that does not exist, deviations < 1, a step that does not divide the season.
    """
    _check(settings)
    values = finite(values)
    ahead = max(1, horizon_s // step_s)
    times = np.arange(values.shape[1], values.shape[1] + ahead, dtype=float)
    if settings.algorithm == "linear":
        mean, width = _linear(values, times, settings.model)
    else:
        season = settings.seasonality or _season_that_fits(values.shape[1] * step_s, step_s)
        mean, width = _seasonal(values, times, points_of(season, step_s))
    half = settings.deviations * width
    return Forecast(start_s + values.shape[1] * step_s, step_s, mean, mean - half, mean + half)


def edge(found: Forecast, reducer: str) -> Array:
    """What a forecast monitor compares with its threshold: `max` the highest of the band, `min` the lowest; float64[n]."""
    if reducer not in ("max", "min"):
        raise InputError(f"a forecast is reduced by max or min, not {reducer!r}")
    band = found.high if reducer == "max" else found.low
    worst = np.full(len(band), np.nan)
    there = ~np.isnan(band).all(axis=1)
    worst[there] = (np.nanmax if reducer == "max" else np.nanmin)(band[there], axis=1)
    return worst


def crossing_s(found: Forecast, threshold: float, *, above: bool) -> Array:
    """Unix seconds at which the band first reaches a threshold from below (above True) or from above.

    Returns: float64[n], NaN where it does not within the horizon.
    """
    reached = found.high >= threshold if above else found.low <= threshold
    first = reached.argmax(axis=1)
    return np.where(reached.any(axis=1), found.start_s + first * float(found.step_s), np.nan)


def _check(settings: ForecastSettings) -> None:
    if settings.algorithm not in ALGORITHMS:
        raise InputError(f"the algorithm must be one of {', '.join(ALGORITHMS)}, not {settings.algorithm!r}")
    if settings.model not in MODELS:
        raise InputError(f"the model must be one of {', '.join(MODELS)}, not {settings.model!r}")
    if not settings.deviations >= 1:
        raise InputError(f"deviations must be 1 or more, not {settings.deviations:g}")


def _season_that_fits(length_s: int, step_s: int) -> str:
    fitting = [n for n, s in SEASONS_S.items() if s * _LEAST_SEASONS <= length_s and s % step_s == 0 and s > step_s]
    return fitting[-1] if fitting else "hourly"


def _linear(values: Array, times: Array, model: str) -> tuple[Array, Array]:
    """(mean, deviation) ahead; the deviation grows with the distance, as a line's error does."""
    line = fit_huber(values, _HALF_LIVES[model] * values.shape[1])
    away = times[None, :] - line.centre[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        width = line.deviation[:, None] * np.sqrt(1 + 1 / line.count[:, None] + away**2 / line.spread[:, None])
    few = (~np.isnan(values)).sum(axis=1) < _LEAST_POINTS
    mean = line.at(times)
    mean[few], width[few] = np.nan, np.nan
    return mean, width


def _seasonal(values: Array, times: Array, period: int) -> tuple[Array, Array]:
    """(mean, deviation) ahead, from whole seasons that end with the data."""
    seasons = values.shape[1] // period
    if seasons < _LEAST_SEASONS:
        nothing = np.full((len(values), len(times)), np.nan)
        return nothing, nothing.copy()
    folded = values[:, values.shape[1] - seasons * period :].reshape(len(values), seasons, period)
    drift = _nanmedian((folded[:, 1:] - folded[:, :-1]).reshape(len(values), (seasons - 1) * period))
    level = folded - (drift[:, None, None] * np.arange(1 - seasons, 1)[None, :, None])
    profile = _nanmedian(np.moveaxis(level, 1, 2))
    left = level - profile[:, None, :]
    moved = _nanmedian(left[:, -1])
    width = (
        _NORMAL
        * _nanmedian(np.abs(left - moved[:, None, None]).reshape(len(values), seasons * period))
        * np.sqrt(1 + 1 / seasons)
    )
    ahead = (times - values.shape[1]).astype(int)
    following = 1 + ahead // period
    mean = profile[:, ahead % period] + moved[:, None] + drift[:, None] * following[None, :]
    return mean, width[:, None] * np.sqrt(following)[None, :]


def _nanmedian(rows: Array) -> Array:
    """Over the last axis; NaN where there is nothing, without a warning."""
    found = np.full(rows.shape[:-1], np.nan)
    there = ~np.isnan(rows).all(axis=-1)
    found[there] = np.nanmedian(rows[there], axis=-1)
    return found

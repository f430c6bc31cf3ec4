"""Anomalies: the band in which each point of a series is expected, from its past alone. An approximation of Datadog's.

basic: quartiles of the last two hours of points, no seasons. agile: earlier seasons, moved to the level of the last half hour of
points. robust: earlier seasons, moved to the level of the last whole season. Described in docs/monitors/algorithms.md.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lrcp.model.errors import InputError
from lrcp.query.algorithms.points import finite
from lrcp.query.algorithms.seasons import SEASONS_S, earlier_indexes, points_of, take
from lrcp.query.algorithms.trailing import centred_mean, median_of_rows, trailing_quantiles
from lrcp.query.scan.grid import Array

ALGORITHMS: Final = ("basic", "agile", "robust")
_BASIC_POINTS: Final = 120
_AGILE_POINTS: Final = 30
_LEAST_POINTS: Final = 12
"""Below so many real points in its look-back there is no band."""
_LEAST_LEVEL: Final = 5
"""The same for a level."""
_LEAST_SEASONS: Final = 3
_SEASONS: Final = {"hourly": 12, "daily": 7, "weekly": 5}
"""Earlier seasons that a point is compared with."""
_LONGEST_S: Final = 6 * 7 * 86_400
_QUARTILE: Final = 0.6745
"""Distance of a normal distribution's quartile from its median, in standard deviations; also the median of |z|."""
_MEAN_MISS: Final = 1.2533
"""Standard deviation of normal noise, in means of |z|."""
_LOCAL_SEASONS: Final = 5
_CALMEST: Final = 0.7
_NOISIEST: Final = 3.0
"""How far the deviation of a time of the season may be from the usual one."""
_TAIL: Final = 1.96
"""The 95th percentile of |z|."""
_CELLS: Final = 100_000
"""Points that are worked on together: what they need stays in the processor's cache."""
_FLOOR: Final = 0.001
"""A series that never moves gets a deviation of this part of its level: the last digits of a constant are no anomaly."""


@dataclass(frozen=True, slots=True)
class AnomalySettings:
    """Arguments of `anomalies(...)`. deviations: half of the band's width in standard deviations, > 0. seasonality: None
    picks the longest season that the data covers three times (agile and robust; basic has none). timezone: an IANA name."""

    algorithm: str = "basic"
    deviations: float = 2.0
    seasonality: str | None = None
    timezone: str = "UTC"


def bounds(values: Array, settings: AnomalySettings, *, step_s: int, start_s: int) -> tuple[Array, Array]:
    """The band of every point; a band uses the points before its own only.

    Args:
        values: float64[n, points], NaN no point, one every step_s from start_s (Unix seconds) on.
    Returns: (low, high), float64[n, points] each; NaN where the past does not say enough.
    Raises: InputError - an algorithm, season or zone that does not exist, deviations <= 0, a step that does not divide the season.
    """
    _check(settings)
    values = finite(values)
    season = settings.seasonality or _season_that_fits(values.shape[1] * step_s, step_s)
    low, high = np.empty(values.shape), np.empty(values.shape)
    together = max(1, _CELLS // max(1, values.shape[1]))
    for begin in range(0, len(values), together):
        part = slice(begin, begin + together)
        low[part], high[part] = _bounds(values[part], season, settings, step_s, start_s)
    return low, high


def history_s(settings: AnomalySettings, step_s: int) -> int:
    """Seconds of data before the first point of interest that its band can make use of; at most six weeks.

    With seasonality None, agile and robust ask for all six weeks.
    """
    if settings.algorithm == "basic":
        return _BASIC_POINTS * step_s * 7 // 6
    if settings.seasonality is None:
        return _LONGEST_S
    season_s = SEASONS_S.get(settings.seasonality, 0)
    return min(_LONGEST_S, (_SEASONS.get(settings.seasonality, 0) + _LEAST_SEASONS) * season_s)


def share_outside(values: Array, low: Array, high: Array, *, direction: str = "both") -> Array:
    """Share of the points that lie outside their band: what an anomaly monitor compares with its threshold.

    Args:
        values, low, high: float64[n, points], of the alert window only. direction: above, below or both.
    Returns: float64[n], 0 to 1; NaN where no point has both a value and a band.
    """
    if direction not in ("above", "below", "both"):
        raise InputError(f"direction must be above, below or both, not {direction!r}")
    judged = ~(np.isnan(finite(values)) | np.isnan(low) | np.isnan(high))
    outside = np.zeros(values.shape, dtype=bool)
    if direction != "below":
        outside |= values > high
    if direction != "above":
        outside |= values < low
    count = judged.sum(axis=1)
    return np.where(count > 0, (outside & judged).sum(axis=1) / np.maximum(count, 1), np.nan)


def with_count_default_zero(values: Array) -> Array:
    """`count_default_zero='true'`: a count's missing points are 0, from its first point on; float64[n, points]."""
    begun = np.maximum.accumulate(~np.isnan(values), axis=1)
    return np.where(begun & np.isnan(values), 0.0, values)


def shortest_recovery_window_s(trigger_window_s: int, threshold: float) -> int:
    """The recovery window may not be shorter: trigger window times (1 - threshold), and a minute. Source: DATADOG.md V14."""
    return round(trigger_window_s * (1 - threshold)) + 60


def _check(settings: AnomalySettings) -> None:
    if settings.algorithm not in ALGORITHMS:
        raise InputError(f"the algorithm must be one of {', '.join(ALGORITHMS)}, not {settings.algorithm!r}")
    if not settings.deviations > 0:
        raise InputError(f"deviations must be above 0, not {settings.deviations:g}")


def _bounds(
    values: Array, season: str | None, settings: AnomalySettings, step_s: int, start_s: int
) -> tuple[Array, Array]:
    if settings.algorithm == "basic" or season is None:
        return _basic(values, settings.deviations, start_s // step_s)
    expected, width = _seasonal(values, season, settings, step_s, start_s)
    return expected - settings.deviations * width, expected + settings.deviations * width


def _season_that_fits(length_s: int, step_s: int) -> str | None:
    """The longest season that fits _LEAST_SEASONS times and that the step divides."""
    fitting = [n for n, s in SEASONS_S.items() if s * _LEAST_SEASONS < length_s and s % step_s == 0 and s > step_s]
    return fitting[-1] if fitting else None


def _basic(values: Array, deviations: float, first: int) -> tuple[Array, Array]:
    """Each side by its own quartile, so that a skewed series has a skewed band; neither side under half of the other."""
    wanted = (0.05, 0.25, 0.5, 0.75, 0.95)
    q5, q25, q50, q75, q95 = trailing_quantiles(values, _BASIC_POINTS, wanted, first=first, least=_LEAST_POINTS)
    below = np.maximum((q50 - q25) / _QUARTILE, 0.5 * (q50 - q5) / 1.645)
    above = np.maximum((q75 - q50) / _QUARTILE, 0.5 * (q95 - q50) / 1.645)
    floor = _FLOOR * np.abs(q50)
    low = q50 - deviations * np.maximum(np.maximum(below, above / 2), floor)
    return low, q50 + deviations * np.maximum(np.maximum(above, below / 2), floor)


def _seasonal(values: Array, season: str, settings: AnomalySettings, step_s: int, start_s: int) -> tuple[Array, Array]:
    """(expected, deviation) of every point."""
    period, first = points_of(season, step_s), start_s // step_s
    indexes = earlier_indexes(
        values.shape[1],
        season,
        step_s=step_s,
        start_s=start_s,
        timezone=settings.timezone,
        seasons=min(_SEASONS[season], max(_LEAST_SEASONS, values.shape[1] // period)),
    )
    profile = median_of_rows(take(centred_mean(values, _neighbours(period)), indexes), _LEAST_SEASONS)
    agile = settings.algorithm == "agile"
    look_back = _AGILE_POINTS if agile else period
    (level,) = trailing_quantiles(values - profile, look_back, (0.5,), first=first, least=_LEAST_LEVEL)
    expected = profile + level
    missed = np.abs(values - expected)
    usual = _deviation(missed, expected, period, first, agile)
    lately = take(centred_mean(missed, 2 * _neighbours(period)), indexes[:_LOCAL_SEASONS])
    local = _MEAN_MISS * median_of_rows(lately, _LEAST_SEASONS)
    # Where the same time of earlier seasons was noisier or calmer than most, so is the band: counts by day and by night.
    return expected, np.where(np.isnan(local), usual, np.clip(local, usual * _CALMEST, usual * _NOISIEST))


def _deviation(missed: Array, expected: Array, period: int, first: int, agile: bool) -> Array:
    """How far the truth usually is from what was expected: the median miss, and half of what the largest misses would say."""
    window = min(max(period, 180), 1440) if agile else max(period, 360)
    middle, large = trailing_quantiles(missed, window, (0.5, 0.95), first=first, least=_LEAST_POINTS)
    usual = np.maximum(middle / _QUARTILE, 0.5 * large / _TAIL)
    deviation: Array = np.maximum(usual, _FLOOR * np.abs(expected))
    return deviation


def _neighbours(period: int) -> int:
    """Points on each side over which an earlier season is smoothed: a 96th of it (7 minutes of a day), 2 to 7."""
    return min(max(period // 96, 1 if period >= 24 else 0), 7)

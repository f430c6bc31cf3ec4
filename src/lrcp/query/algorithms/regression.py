"""Straight lines and steps through series: trend_line (least squares), robust_trend (Huber), piecewise_constant."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from lrcp.query.algorithms.points import finite
from lrcp.query.scan.grid import Array

_HUBER: Final = 1.345
"""Deviations beyond which a point's pull no longer grows; 95 % as efficient as least squares on normal noise."""
_ROUNDS: Final = 20
_NORMAL: Final = 1.4826
_MOST_PIECES: Final = 64


@dataclass(slots=True)
class Line:
    """Straight lines, one a series, through (time, value): value = level + slope * (time - centre).

    All float64[n]. level: at centre. slope: a step. deviation: of the points around it, by their median miss.
    count: sum of the points' weights. spread: weighted sum of (time - centre)^2. NaN with fewer than two points.
    """

    centre: Array
    level: Array
    slope: Array
    deviation: Array
    count: Array
    spread: Array

    def at(self, times: Array) -> Array:
        """Values float64[n, len(times)]; times in steps."""
        return self.level[:, None] + self.slope[:, None] * (times[None, :] - self.centre[:, None])


def trend_line(values: Array) -> Array:
    """The least-squares line through each series, at every point; float64[n, points], NaN with fewer than two points."""
    known = finite(values)
    weights = (~np.isnan(known)).astype(float)
    return _fit(known, weights).at(np.arange(values.shape[1], dtype=float))


def robust_trend(values: Array) -> Array:
    """The Huber line through each series, at every point: single spikes hardly turn it; float64[n, points]."""
    return fit_huber(finite(values)).at(np.arange(values.shape[1], dtype=float))


def fit_huber(values: Array, half_life: float = np.inf) -> Line:
    """Lines by iterated weights; half_life: steps after which a point counts half of what the newest does."""
    age = np.arange(values.shape[1], dtype=float)[::-1]
    given = np.where(np.isnan(values), 0.0, 0.5 ** (age / half_life))
    line = _fit(values, given)
    for _ in range(_ROUNDS):
        miss = np.abs(values - line.at(np.arange(values.shape[1], dtype=float)))
        allowed = _HUBER * line.deviation[:, None]
        with np.errstate(invalid="ignore", divide="ignore"):
            pull = np.where(miss > allowed, allowed / miss, 1.0)
        following = _fit(values, given * np.nan_to_num(pull, nan=1.0))
        done = np.allclose(following.slope, line.slope, rtol=1e-9, atol=0.0, equal_nan=True)
        line = following
        if done:
            break
    return line


def _fit(values: Array, weights: Array) -> Line:
    times = np.arange(values.shape[1], dtype=float)
    known = np.nan_to_num(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        count = weights.sum(axis=1)
        centre = (weights @ times) / count
        level = (weights * known).sum(axis=1) / count
        away = times[None, :] - centre[:, None]
        spread = (weights * away**2).sum(axis=1)
        slope = (weights * away * (known - level[:, None])).sum(axis=1) / spread
    alone = (weights > 0).sum(axis=1) < 2
    slope = np.where(alone, np.nan, slope)
    line = Line(centre, level, slope, np.empty(0), count, spread)
    line.deviation = _deviation(values - line.at(times), weights)
    return line


def _deviation(miss: Array, weights: Array) -> Array:
    """Median miss of each series, made comparable with a standard deviation; NaN without points."""
    size = np.where(weights > 0, np.abs(miss), np.nan)
    found = np.full(len(size), np.nan)
    there = ~np.isnan(size).all(axis=1)
    found[there] = _NORMAL * np.nanmedian(size[there], axis=1)
    return found


def piecewise_constant(values: Array) -> Array:
    """Each series as steps: split where that explains most, until a split explains no more than noise would.

    Returns: float64[n, points]; the mean of the piece at every real point, NaN elsewhere.
    """
    return np.array([_steps(row) for row in finite(values)]).reshape(values.shape)


def _steps(row: Array) -> Array:
    found = np.full(row.shape, np.nan)
    real = ~np.isnan(row)
    numbers = row[real]
    if len(numbers):
        levels = np.empty(len(numbers))
        edges = [0, *_splits(numbers), len(numbers)]
        for begin, end in pairwise(edges):
            levels[begin:end] = numbers[begin:end].mean()
        found[real] = levels
    return found


def _splits(numbers: Array) -> list[int]:
    """Where pieces begin, the first excepted, by binary segmentation. The noise is judged by differences of neighbours."""
    noise = _NORMAL * float(np.median(np.abs(np.diff(numbers)))) / np.sqrt(2) if len(numbers) > 1 else 0.0
    least = 4 * noise**2 * np.log(max(len(numbers), 2)) + 1e-12 * float(np.square(numbers).sum())
    found: list[int] = []
    waiting = [(0, len(numbers))]
    while waiting and len(found) < _MOST_PIECES - 1:
        begin, end = waiting.pop(0)
        gain, split = _best_split(numbers[begin:end])
        if gain > least:
            found.append(begin + split)
            waiting += [(begin, begin + split), (begin + split, end)]
    return sorted(found)


def _best_split(numbers: Array) -> tuple[float, int]:
    """(squares saved, where) of the best split in two; (0, 0) when there is nothing to split."""
    size = len(numbers)
    if size < 2:
        return 0.0, 0
    left = np.cumsum(numbers - numbers.mean())[:-1]
    at = np.arange(1, size)
    saved = left**2 * size / (at * (size - at))
    best = int(saved.argmax())
    return float(saved[best]), best + 1

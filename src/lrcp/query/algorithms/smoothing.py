"""Smoothing: ewma_3 to ewma_20, median_3 to median_9 and autosmooth."""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lrcp.query.algorithms.points import finite
from lrcp.query.algorithms.trailing import median_of_rows
from lrcp.query.scan.grid import Array

_MOST_WINDOWS: Final = 100
"""Windows that autosmooth tries."""


def ewma(values: Array, span: int) -> Array:
    """Exponentially weighted mean of each point and those before it; weights fall by 1 - 2 / (span + 1) a point.

    float64[n, points]. A missing point stays missing and gives the older ones no less weight than a point of its own would.
    """
    values = finite(values)
    keep = 1 - 2 / (span + 1)
    real = ~np.isnan(values)
    known = np.where(real, values, 0.0)
    total, weight = np.zeros(len(values)), np.zeros(len(values))
    found = np.full(values.shape, np.nan)
    for at in range(values.shape[1]):
        total = total * keep + known[:, at]
        weight = weight * keep + real[:, at]
        there = real[:, at]
        found[there, at] = total[there] / weight[there]
    return found


def median(values: Array, span: int) -> Array:
    """Median of each point and the span - 1 before it, over those that are there; a missing point stays missing."""
    values = finite(values)
    padded = np.concatenate([np.full((len(values), span - 1), np.nan), values], axis=1)
    found = median_of_rows(sliding_window_view(padded, span, axis=1), 1) if values.size else values.copy()
    return np.where(np.isnan(values), np.nan, found)


def autosmooth(values: Array) -> Array:
    """A trailing mean over the window that makes the series least rough without losing what stands out.

    Roughness is the deviation of the differences; what stands out is kept while the kurtosis is not below the series' own
    (Rong and Bailis, ASAP, VLDB 2017). Up to a tenth of the points; each series its own window.
    """
    return np.array([_autosmooth(row) for row in finite(values)]).reshape(values.shape)


def _autosmooth(row: Array) -> Array:
    real = ~np.isnan(row)
    numbers = row[real]
    best = _quietest(numbers) if len(numbers) >= 20 else 1
    found = row.copy()
    found[real] = _trailing_mean(numbers, best)
    return found


def _quietest(numbers: Array) -> int:
    """The window: 1 when none is better."""
    limit = len(numbers) // 10
    tried = np.unique(np.linspace(1, limit, min(limit, _MOST_WINDOWS)).astype(int))
    peaks = _kurtosis(numbers)
    best, least = 1, float(np.diff(numbers).std())
    for window in tried.tolist():
        smooth = _trailing_mean(numbers, window)[window - 1 :]
        rough = float(np.diff(smooth).std())
        if rough < least and _kurtosis(smooth) >= peaks:
            best, least = window, rough
    return best


def _kurtosis(numbers: Array) -> float:
    away = numbers - numbers.mean()
    deviation = float(np.sqrt((away**2).mean()))
    return float(((away / deviation) ** 4).mean()) if deviation > 0 else 0.0


def _trailing_mean(numbers: Array, window: int) -> Array:
    sums = np.concatenate([[0.0], np.cumsum(numbers)])
    at = np.arange(1, len(numbers) + 1)
    begin = np.maximum(at - window, 0)
    mean: Array = (sums[at] - sums[begin]) / (at - begin)
    return mean

"""Statistics of the past at every point of a series: quantiles of a trailing window, and a centred mean for earlier seasons."""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lrcp.query.scan.grid import Array

_HOPS: Final = 6
"""A window moves on by this part of its length, so a quantile costs as many times the data, however long the window is."""
_CELLS: Final = 200_000
"""Numbers that are sorted together."""


def trailing_quantiles(values: Array, window: int, quantiles: tuple[float, ...], *, first: int, least: int) -> Array:
    """Quantiles of the points before each point, itself excluded.

    The window ends at a multiple of a sixth of its length (counted from the epoch, so that a later call agrees), thus up to
    that much before the point.

    Args:
        values: float64[n, points], NaN no point.
        window: points that are looked back on, >= 1. quantiles: each in [0, 1].
        first: index of the first point, counted from the epoch in steps. least: real points below which the answer is NaN.
    Returns: float64[len(quantiles), n, points].
    """
    series, points = values.shape
    hop = max(1, window // _HOPS)
    shift = first % hop
    padded = np.concatenate([np.full((series, window + shift), np.nan), values], axis=1)
    windows = sliding_window_view(padded, window, axis=1)[:, : points + shift : hop]
    found = np.empty((len(quantiles), series, windows.shape[1]))
    together = max(1, _CELLS // max(1, windows.shape[1] * window))
    for begin in range(0, series, together):
        part = slice(begin, begin + together)
        found[:, part] = _sorted_quantiles(np.sort(windows[part], axis=-1), quantiles, least)
    answer: Array = np.repeat(found, hop, axis=2)[:, :, shift : shift + points]
    return answer


def median_of_rows(rows: Array, least: int) -> Array:
    """Median over the last axis without NaN; NaN where fewer than `least` numbers are."""
    (middle,) = _sorted_quantiles(np.sort(rows, axis=-1), (0.5,), least)
    median: Array = middle
    return median


def _sorted_quantiles(ordered: Array, quantiles: tuple[float, ...], least: int) -> Array:
    """Quantiles over the last axis of sorted numbers, NaN at the end; linear between two of them."""
    there = (~np.isnan(ordered)).sum(axis=-1) if np.isnan(ordered[..., -1]).any() else None
    width = ordered.shape[-1]
    found = [_at(ordered, q, width, there) for q in quantiles]
    enough = width >= least if there is None else there >= least
    return np.where(enough, np.stack(found), np.nan)


def _at(ordered: Array, quantile: float, width: int, there: NDArray[np.intp] | None) -> Array:
    if there is None:
        below = int(quantile * (width - 1))
        part = quantile * (width - 1) - below
        return ordered[..., below] * (1 - part) + ordered[..., min(below + 1, width - 1)] * part
    position = quantile * np.maximum(there - 1, 0)
    low = position.astype(np.intp)
    high = np.minimum(low + 1, np.maximum(there - 1, 0))
    lower = np.take_along_axis(ordered, low[..., None], axis=-1)[..., 0]
    upper = np.take_along_axis(ordered, high[..., None], axis=-1)[..., 0]
    between: Array = lower + (upper - lower) * (position - low)
    return between


def centred_mean(values: Array, half: int) -> Array:
    """Mean of each point and `half` points on both sides, over those that are there; float64[n, points]."""
    if half <= 0:
        return values
    real = ~np.isnan(values)
    if not real.any():
        return values
    # The first point is taken off: running sums of large levels would lose the small differences, and a mean over all
    # points would let the future in, if only in the last digits.
    offset = np.nan_to_num(values[np.arange(len(values)), real.argmax(axis=1)])[:, None]
    total = _running(np.where(real, values - offset, 0.0), half)
    count = _running(real.astype(float), half)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Array = np.where(count > 0.5, total / count, np.nan) + offset
    return mean


def _running(numbers: Array, half: int) -> Array:
    """Sums over [i - half, i + half], cut at both ends."""
    series, points = numbers.shape
    sums = np.concatenate([np.zeros((series, 1)), np.cumsum(numbers, axis=1)], axis=1)
    at = np.arange(points)
    answer: Array = sums[:, np.minimum(at + half + 1, points)] - sums[:, np.maximum(at - half, 0)]
    return answer

"""Filling what is missing between points: linear, last, zero. Source: DATADOG.md 3.7, rules 8 to 10.

A gap is measured from the start of the bucket before it to the start of the one behind it; a point is carried to buckets
that start at most the limit after it.
"""

import numpy as np
from numpy.typing import NDArray

from lrcp.query.compute.leaf import Fill
from lrcp.query.scan.grid import Array


def fill(values: Array, how: Fill, step_s: int) -> Array:
    """float64[n, points] with what is missing filled in; a series without any point stays without."""
    missing = np.isnan(values)
    if how.method == "null" or not missing.any():
        return values
    if how.method == "linear":
        return fill_linear(values, how.limit_s, step_s)
    before = _before(missing)
    there = before >= 0
    if how.limit_s or how.method == "last":
        steps = how.limit_s // step_s
        there &= np.arange(values.shape[1]) - before <= steps
    elif how.method == "zero":
        there = np.broadcast_to(~missing.all(axis=1, keepdims=True), values.shape)
    if how.method == "zero":
        return np.where(missing & there, 0.0, values)
    return np.where(missing & there, np.take_along_axis(values, np.maximum(before, 0), axis=1), values)


def fill_linear(values: Array, limit_s: int, step_s: int) -> Array:
    """Straight lines across gaps of at most limit_s."""
    missing = np.isnan(values)
    if values.shape[1] < 3 or not missing.any():
        return values
    before, behind = _before(missing), _behind(missing)
    inside = missing & (before >= 0) & (behind < values.shape[1])
    inside &= (behind - before) * step_s <= limit_s
    rows, columns = np.nonzero(inside)
    if not len(rows):
        return values
    left, right = before[rows, columns], behind[rows, columns]
    low, high = values[rows, left], values[rows, right]
    filled = values.copy()
    filled[rows, columns] = low + (high - low) * ((columns - left) / (right - left))
    return filled


def fill_default(values: Array, gauge: bool, limit_s: int, step_s: int, value: float = 0.0) -> Array:
    """What default_zero does: of a gauge lines across short gaps, and each point carried for limit_s; everything else value."""
    if gauge:
        values = fill(fill_linear(values, limit_s, step_s), Fill("last", limit_s), step_s)
    return np.where(np.isnan(values), value, values)


def _before(missing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Column of the last point up to each column, -1 none."""
    columns = np.where(missing, -1, np.arange(missing.shape[1]))
    return np.maximum.accumulate(columns, axis=1)


def _behind(missing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Column of the first point from each column on, the number of columns when there is none."""
    width = missing.shape[1]
    columns = np.where(missing, width, np.arange(width))
    return np.minimum.accumulate(columns[:, ::-1], axis=1)[:, ::-1]

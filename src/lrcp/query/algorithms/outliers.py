"""Outliers: which series of a set behave unlike the others. An approximation of Datadog's; at least three series are needed."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.model.errors import InputError, TooLargeError
from lrcp.query.algorithms.points import finite
from lrcp.query.scan.grid import Array

ALGORITHMS: Final = ("dbscan", "mad", "scaleddbscan", "scaledmad")
LEAST_SERIES: Final = 3
MOST_SERIES: Final = 5_000
"""DBSCAN compares every pair: 25 million distances, 200 MB."""
_NORMAL: Final = 1.4826
"""Makes the median absolute deviation of normal noise its standard deviation."""
_SCALE: Final = 0.1
"""The scaled algorithms take no spread for smaller than this part of the level."""
_FLOOR: Final = 0.001
"""Nor do the others take one for smaller than this part: equal series but for their last digits are no outliers."""


def outliers(values: Array, algorithm: str, tolerance: float, percentage: float = 10.0) -> NDArray[np.bool_]:
    """Which series are outliers.

    Args:
        values: float64[n, points], NaN no point, aligned in time. tolerance: > 0; of the median distance (dbscan) or of
            normal deviations (mad). percentage: mad only, 0 to 100: a series is flagged when more of its points are.
    Returns: bool[n]; all False for fewer than three series with points, and (dbscan) where no majority agrees.
    Raises: InputError - no such algorithm, tolerance <= 0; TooLargeError - dbscan of more than MOST_SERIES.
    """
    _check(algorithm, tolerance, percentage)
    values = finite(values)
    flags = np.zeros(len(values), dtype=bool)
    real = ~np.isnan(values).all(axis=1) if values.size else flags
    if real.sum() < LEAST_SERIES:
        return flags
    scale = _SCALE if algorithm.startswith("scaled") else _FLOOR
    if algorithm.endswith("mad"):
        flags[real] = _mad(values[real], tolerance, percentage, scale)
    else:
        flags[real] = _dbscan(values[real], tolerance, scale)
    return flags


def _check(algorithm: str, tolerance: float, percentage: float) -> None:
    if algorithm not in ALGORITHMS:
        raise InputError(f"the algorithm must be one of {', '.join(ALGORITHMS)}, not {algorithm!r}")
    if not tolerance > 0:
        raise InputError(f"the tolerance must be above 0, not {tolerance:g}")
    if not 0 <= percentage <= 100:
        raise InputError(f"the percentage must be 0 to 100, not {percentage:g}")


def _mad(values: Array, tolerance: float, percentage: float, scale: float) -> NDArray[np.bool_]:
    """Points further than `tolerance` deviations from the median of all points of all series; series with too many of them."""
    centre = float(np.nanmedian(values))
    deviation = _NORMAL * float(np.nanmedian(np.abs(values - centre)))
    outside = np.abs(values - centre) > tolerance * max(deviation, scale * abs(centre))
    share = outside.sum(axis=1) / (~np.isnan(values)).sum(axis=1)
    flagged: NDArray[np.bool_] = share * 100 > percentage
    return flagged


def _dbscan(values: Array, tolerance: float, scale: float) -> NDArray[np.bool_]:
    """Each series is a point in as many dimensions as there are times. Whoever is not in the majority's cluster is out."""
    if len(values) > MOST_SERIES:
        raise TooLargeError(f"dbscan compares {MOST_SERIES} series at most, not {len(values)}; use mad")
    middle = np.nanmedian(values, axis=0, keepdims=True) if not np.isnan(values).all(axis=0).any() else _middle(values)
    typical = float(np.median(_distances(values, middle)[:, 0]))
    size = float(np.sqrt(np.nanmean(middle**2) * middle.shape[1]))
    near = _distances(values, values) <= tolerance * max(typical, scale * size)
    cluster = _clusters(near)
    names, members = np.unique(cluster, return_counts=True)
    if members.max() * 2 <= len(values):
        return np.zeros(len(values), dtype=bool)
    outside: NDArray[np.bool_] = cluster != names[members.argmax()]
    return outside


def _middle(values: Array) -> Array:
    """The median series; NaN at times when no series has a point."""
    there = ~np.isnan(values).all(axis=0)
    middle = np.full((1, values.shape[1]), np.nan)
    middle[0, there] = np.nanmedian(values[:, there], axis=0)
    return middle


def _distances(a: Array, b: Array) -> Array:
    """Euclidean distances float64[len(a), len(b)] over the times that both have, scaled up to all times; inf where none."""
    in_a, in_b = (~np.isnan(a)).astype(float), (~np.isnan(b)).astype(float)
    # Centred, so that squares of large levels do not swallow small differences.
    offset = float(np.nanmean(a))
    x, y = np.nan_to_num(a - offset) * in_a, np.nan_to_num(b - offset) * in_b
    both = in_a @ in_b.T
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        squared = (x * x) @ in_b.T + in_a @ (y * y).T - 2 * (x @ y.T)
        mean = np.where(both > 0, np.maximum(squared, 0.0) / both, np.inf)
    distances: Array = np.sqrt(mean * a.shape[1])
    return distances


def _clusters(near: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Number of the cluster that each belongs to: all that can be reached in steps from neighbour to neighbour."""
    cluster = np.full(len(near), -1, dtype=np.intp)
    for number in range(len(near)):
        if cluster[number] >= 0:
            continue
        edge = np.zeros(len(near), dtype=bool)
        edge[number] = True
        while edge.any():
            cluster[edge] = number
            edge = near[edge].any(axis=0) & (cluster < 0)
    return cluster

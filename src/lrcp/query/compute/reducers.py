"""Reducers: the points of a window to one value a group. Missing points are left out; without any the value is NaN."""

from collections.abc import Callable
from typing import Final

import numpy as np

from lrcp.query.errors import QueryError
from lrcp.query.scan.grid import Array

Reducer = Callable[[Array, int], Array]
"""(float64[n, points], seconds a bucket) -> float64[n]."""


def reduce_points(values: Array, reducer: str, step_s: int) -> Array:
    """One value a row. Raises: QueryError - no such reducer."""
    if reducer not in REDUCERS:
        raise QueryError(f"there is no reducer {reducer}", expected=tuple(sorted(REDUCERS)))
    return REDUCERS[reducer](values, step_s)


def _sum(values: Array, _step_s: int) -> Array:
    missing = np.isnan(values)
    total: Array = np.where(missing, 0.0, values).sum(axis=1)
    total[missing.all(axis=1)] = np.nan
    return total


def _avg(values: Array, step_s: int) -> Array:
    with np.errstate(invalid="ignore"):
        mean: Array = _sum(values, step_s) / (~np.isnan(values)).sum(axis=1)
    return mean


def _last(values: Array, _step_s: int) -> Array:
    missing = np.isnan(values)
    columns = np.where(missing, -1, np.arange(values.shape[1])).max(axis=1, initial=-1)
    found = values[np.arange(len(values)), np.maximum(columns, 0)]
    return np.where(columns >= 0, found, np.nan)


def _l2norm(values: Array, step_s: int) -> Array:
    return np.sqrt(_sum(values * values, step_s))


REDUCERS: Final[dict[str, Reducer]] = {
    "avg": _avg,
    "mean": _avg,
    "sum": _sum,
    "min": lambda values, _step_s: np.fmin.reduce(values, axis=1),
    "max": lambda values, _step_s: np.fmax.reduce(values, axis=1),
    "last": _last,
    "area": lambda values, step_s: _sum(values, step_s) * step_s,
    "l2norm": _l2norm,
}

"""moving_rollup(q, seconds, 'method'): each point with those of the seconds before it."""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lrcp.query.compute.functions.function import Arguments, Function, on_values
from lrcp.query.scan.grid import Array, Grid

_METHODS: Final = ("avg", "sum", "min", "max", "count")


def _buckets(arguments: Arguments, step_s: int) -> int:
    return max(1, -(-int(arguments.number(0)) // step_s))


def _moving(values: Array, grid: Grid, arguments: Arguments) -> Array:
    """Over the points that are there; missing where none is."""
    method = arguments.text(1, "avg", _METHODS)
    width = _buckets(arguments, grid.step_s)
    padded = np.concatenate([np.full((len(values), width - 1), np.nan), values], axis=1)
    if method in ("min", "max"):
        windows = sliding_window_view(padded, width, axis=1)
        fold = np.fmin if method == "min" else np.fmax
        return fold.reduce(windows, axis=2)  # type: ignore[no-any-return]
    missing = np.isnan(padded)
    counts = sliding_window_view((~missing).astype(np.float64), width, axis=1).sum(axis=2)
    counts = np.where(counts > 0, counts, np.nan)
    if method == "count":
        return counts
    sums = sliding_window_view(np.where(missing, 0.0, padded), width, axis=1).sum(axis=2)
    return np.where(np.isnan(counts), np.nan, sums) if method == "sum" else sums / counts


FUNCTIONS: Final = {
    "moving_rollup": Function(on_values(_moving), lambda arguments, step_s: _buckets(arguments, step_s) - 1),
}

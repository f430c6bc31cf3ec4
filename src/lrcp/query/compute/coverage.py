"""How much of a window holds points, by the buckets of require_full_window. Source: DATADOG.md 3.7, rule 11."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrcp.query.compute.windows import full_window_grid
from lrcp.query.scan.grid import Array, Grid


@dataclass(slots=True)
class Coverage:
    """filled: float64[n], share of the buckets that hold a point; first_filled: bool[n]; empty_buckets: int64[n]."""

    filled: Array
    first_filled: NDArray[np.bool_]
    empty_buckets: NDArray[np.int64]


def cover(values: Array, grid: Grid, start_s: int, end_s: int) -> Coverage:
    """Coverage of [start_s, end_s) by points of a grid; a point of a long bucket fills all the short ones that it spans."""
    full = full_window_grid(start_s, end_s)
    if full == grid:
        there = ~np.isnan(values)
        empty = grid.count - there.sum(axis=1)
        return Coverage(1 - empty / grid.count, there[:, 0], empty)
    starts = full.starts_s
    first = np.clip((starts - grid.start_s) // grid.step_s, 0, grid.count)
    behind = np.clip(-((grid.start_s - np.minimum(starts + full.step_s, end_s)) // grid.step_s), 0, grid.count)
    running = np.zeros((len(values), grid.count + 1), np.int64)
    np.cumsum(~np.isnan(values), axis=1, out=running[:, 1:])
    there = running[:, behind] > running[:, first]
    return Coverage(there.mean(axis=1), there[:, 0], (~there).sum(axis=1))

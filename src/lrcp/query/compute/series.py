"""SeriesSet: what an expression gives over a grid; Reduced: what it gives over a window."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrcp.query.scan.grid import Array, Grid


@dataclass(slots=True)
class SeriesSet:
    """Groups with their points. keys: the group keys, () for one series. groups: values of the keys, one tuple a row of
    values. values: float64[n, grid.count], NaN no point. unit as the metric's, '' where arithmetic has lost it.

    gauge: points that are missing between others may be interpolated. counted: a point that is missing is 0 when it is
    combined with others, as of `.as_count()`; a variable that counts events may be given so, too. cut: series or groups
    that the source left out because there were too many: what is here is not all.
    """

    grid: Grid
    keys: tuple[str, ...]
    groups: list[tuple[str, ...]]
    values: Array
    unit: str = ""
    gauge: bool = False
    counted: bool = False
    cut: int = 0


@dataclass(slots=True)
class Reduced:
    """One value a group, over the whole window. Only groups that had a point in it are here; values: float64[n], NaN: not
    enough to say (the evaluation is skipped).

    filled: float64[n], share of the window's buckets that held a point; first_filled: bool[n], whether the first did.
    empty_buckets: int64[n], how many did not, counted by require_full_window's own buckets (windows.full_window_grid). cut: as of a SeriesSet.
    """

    keys: tuple[str, ...]
    groups: list[tuple[str, ...]]
    values: Array
    filled: Array
    first_filled: NDArray[np.bool_]
    empty_buckets: NDArray[np.int64]
    unit: str = ""
    cut: int = 0

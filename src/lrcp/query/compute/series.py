"""SeriesSet: what an expression gives over a grid; Reduced: what it gives over a window."""

from dataclasses import dataclass

from lrcp.query.scan.grid import Array, Grid


@dataclass(slots=True)
class SeriesSet:
    """Groups with their points. keys: the group keys, () for one series. groups: values of the keys, one tuple a row of
    values. values: float64[n, grid.count], NaN no point. unit as the metric's, '' where arithmetic has lost it."""

    grid: Grid
    keys: tuple[str, ...]
    groups: list[tuple[str, ...]]
    values: Array
    unit: str = ""


@dataclass(slots=True)
class Reduced:
    """One value a group, over the whole window. values: float64[n]; NaN: not enough to say (the evaluation is skipped).

    filled: float64[n], share of the window's buckets that held a point; first_filled: bool[n], whether the first did.
    empty_buckets: int64[n], how many did not, counted by require_full_window's own buckets.
    """

    keys: tuple[str, ...]
    groups: list[tuple[str, ...]]
    values: Array
    filled: Array
    first_filled: Array
    empty_buckets: Array
    unit: str = ""

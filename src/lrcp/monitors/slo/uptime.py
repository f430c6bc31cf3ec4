"""Uptime: which steps of time were up, by group, and what that comes to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrcp.query.scan.grid import Grid

Flags = NDArray[np.bool_]


@dataclass(slots=True)
class Uptime:
    """n groups over the steps of a grid. up: bool[n, grid.count]. counted: bool[grid.count], steps that are counted at all.

    keys, groups: of the grouping; no groups at all: nothing was ever down. cut: groups beyond the limit, left out.
    """

    grid: Grid
    keys: tuple[str, ...]
    groups: list[tuple[str, ...]]
    up: Flags
    counted: Flags
    cut: int = 0

    @property
    def overall(self) -> Flags:
        """bool[grid.count]: a step is up when all groups are."""
        return np.asarray(self.up.all(axis=0), dtype=np.bool_)

    def seconds(self, up: Flags) -> tuple[float, float]:
        """(up, counted) seconds of one row."""
        step_s = self.grid.step_s
        return float((up & self.counted).sum() * step_s), float(self.counted.sum() * step_s)

    def changes(self, up: Flags) -> tuple[tuple[int, int], ...]:
        """(Unix seconds, 1 up or 0 down) where a row begins and wherever it changes."""
        if not len(up):
            return ()
        places = np.flatnonzero(np.diff(up.astype(np.int8), prepend=2 if up[0] else -1))
        return tuple((self.grid.start_s + int(place) * self.grid.step_s, int(up[place])) for place in places)

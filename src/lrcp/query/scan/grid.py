"""Grid: equal buckets of time, aligned to anything."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""float64; NaN says that there is nothing."""


@dataclass(frozen=True, slots=True)
class Grid:
    """count buckets of step_s seconds; bucket i covers [start_s + i * step_s, start_s + (i + 1) * step_s), Unix seconds."""

    start_s: int
    step_s: int
    count: int

    @property
    def end_s(self) -> int:
        """Just behind the last bucket."""
        return self.start_s + self.step_s * self.count

    @property
    def starts_s(self) -> NDArray[np.int64]:
        """int64[count], where each bucket begins."""
        return self.start_s + self.step_s * np.arange(self.count, dtype=np.int64)

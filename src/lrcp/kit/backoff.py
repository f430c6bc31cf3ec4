"""Exponential backoff with full jitter: how long to wait before the next try.

Source: Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import random


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between 0 and a ceiling that doubles from base_s with each failed try, up to cap_s.

    chance gives a number in [0, 1); least_share is the part of the ceiling that is always waited.
    """

    base_s: float = 0.1
    cap_s: float = 5.0
    least_share: float = 0.0
    chance: Callable[[], float] = random

    def delay_s(self, failures: int) -> float:
        """Seconds to wait after this many failures in a row (1 or more)."""
        ceiling_s = min(self.cap_s, self.base_s * 2.0 ** min(failures - 1, 60))
        return float(ceiling_s * (self.least_share + (1 - self.least_share) * self.chance()))

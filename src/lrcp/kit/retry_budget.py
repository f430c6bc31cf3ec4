"""Retry budget: retries as a share of requests, so that they cannot multiply the load on what is already failing.

Source: Finagle's RetryBudget (2016); Google SRE Book ch. 21, "per-client retry budget".
"""

from typing import Final

_HEAD_START_S: Final = 10.0


class RetryBudget:
    """A bucket of permissions to try again. Times are seconds on one monotonic clock, given by whoever asks.

    Each request puts `ratio` of a permission in, each retry takes a whole one out, and least_per_s flow in by time, so
    that a rare request may be tried again too. capacity bounds what is saved up, and so a burst after a quiet time.
    """

    __slots__ = ("_capacity", "_filled_s", "_least_per_s", "_saved")

    def __init__(self, *, least_per_s: float = 1.0, capacity: float = 20.0) -> None:
        self._least_per_s = least_per_s
        self._capacity = capacity
        self._saved = 0.0
        self._filled_s: float | None = None

    def deposit(self, ratio: float) -> None:
        """A request was made of which this share may be tried again."""
        self._saved = min(self._capacity, self._saved + ratio)

    def withdraw(self, now_s: float) -> bool:
        """Whether one more try is allowed; if so it is paid for."""
        self._fill(now_s)
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True

    def balance(self, now_s: float) -> float:
        """How many tries are allowed now."""
        self._fill(now_s)
        return self._saved

    def _fill(self, now_s: float) -> None:
        """What flowed in since the last time; before the very first, ten seconds' worth."""
        passed_s = _HEAD_START_S if self._filled_s is None else max(0.0, now_s - self._filled_s)
        self._filled_s = now_s
        self._saved = min(self._capacity, self._saved + self._least_per_s * passed_s)

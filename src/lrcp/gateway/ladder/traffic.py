"""Traffic of the last seconds in fixed memory: how many calls, how many failed, how long the slow ones took. Pure."""

from math import ceil, log
from typing import Final, NamedTuple

_SLICES: Final = 10
"""Into how many slices the window is cut; what is older than the window is forgotten a slice at a time."""
_LEAST_S: Final = 1e-3
_GROWTH: Final = 1.15
"""Each bucket ends at this times its beginning: a percentile is right to 8 %."""
_PER_LOG: Final = 1.0 / log(_GROWTH)
_BUCKETS: Final = 100


class Traffic(NamedTuple):
    """What a window holds. error_ratio and p95_s are 0.0 without requests."""

    requests: int
    error_ratio: float
    p95_s: float


class TrafficWindow:
    """A sliding window. Times are seconds on one monotonic clock, given by whoever asks."""

    __slots__ = ("_counts", "_errors", "_slice", "_slice_s", "_sliced_counts", "_sliced_errors", "_total", "window_s")

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        self._slice_s = window_s / _SLICES
        self._slice = 0
        self._counts = [0] * _BUCKETS
        self._total = self._errors = 0
        self._sliced_counts = [[0] * _BUCKETS for _ in range(_SLICES)]
        self._sliced_errors = [0] * _SLICES

    def add(self, now_s: float, duration_s: float, failed: bool) -> None:
        """One call that has ended."""
        place = self._forget(now_s)
        bucket = int(log(max(duration_s, _LEAST_S) / _LEAST_S) * _PER_LOG)
        bucket = min(bucket, _BUCKETS - 1)
        self._counts[bucket] += 1
        self._sliced_counts[place][bucket] += 1
        self._total += 1
        if failed:
            self._errors += 1
            self._sliced_errors[place] += 1

    def read(self, now_s: float) -> Traffic:
        """What happened in the window that ends now."""
        self._forget(now_s)
        if not self._total:
            return Traffic(0, 0.0, 0.0)
        return Traffic(self._total, self._errors / self._total, self._find_p95_s())

    def _forget(self, now_s: float) -> int:
        """Let go of what is too old. Returns: the place of the slice of now."""
        current = int(now_s / self._slice_s)
        for old in range(max(self._slice + 1, current - _SLICES + 1), current + 1):
            self._clear(old % _SLICES)
        self._slice = max(self._slice, current)
        return self._slice % _SLICES

    def _clear(self, place: int) -> None:
        counts = self._sliced_counts[place]
        cleared = sum(counts)
        if cleared:
            self._counts = [total - count for total, count in zip(self._counts, counts, strict=True)]
            self._sliced_counts[place] = [0] * _BUCKETS
            self._total -= cleared
        self._errors -= self._sliced_errors[place]
        self._sliced_errors[place] = 0

    def _find_p95_s(self) -> float:
        rank, passed = ceil(self._total * 0.95), 0
        for bucket, count in enumerate(self._counts):
            passed += count
            if passed >= rank:
                return float(_LEAST_S * _GROWTH ** (bucket + 0.5))
        return 0.0

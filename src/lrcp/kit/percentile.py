"""Percentiles of a stream of durations in fixed memory: a histogram with logarithmic buckets that forgets the old.

Source: HdrHistogram's idea, with the buckets of DDSketch (Masson et al., VLDB 2019, section 2.2).
"""

from math import ceil, log
from typing import Final

_GROWTH: Final = 1.05
"""Each bucket ends at this times its beginning: a percentile is right to 2.5 %."""
_LEAST_S: Final = 1e-4
_MOST_S: Final = 3600.0
_PER_LOG: Final = 1.0 / log(_GROWTH)
_BUCKETS: Final = int(log(_MOST_S / _LEAST_S) * _PER_LOG) + 2
_REUSED: Final = 16


class DurationHistogram:
    """Durations in seconds, 0.1 ms to an hour. Once keep of them are held all counts are halved, so that the recent weigh more."""

    __slots__ = ("_asked", "_counts", "_found_s", "_fresh", "_keep", "_total")

    def __init__(self, keep: int = 1000) -> None:
        self._keep = keep
        self._counts = [0] * _BUCKETS
        self._total = 0
        self._fresh = 0
        self._asked = 0.0
        self._found_s = 0.0

    def __len__(self) -> int:
        """How many durations are held."""
        return self._total

    def add(self, duration_s: float) -> None:
        bounded = min(max(duration_s, _LEAST_S), _MOST_S)
        self._counts[int(log(bounded / _LEAST_S) * _PER_LOG)] += 1
        self._total += 1
        self._fresh -= 1
        if self._total >= self._keep:
            self._counts = [count >> 1 for count in self._counts]
            self._total = sum(self._counts)

    def percentile_s(self, percent: float) -> float:
        """The duration that this share of those held does not pass; 0.0 when there are none.

        Args: percent, in (0, 100). The same percentile asked again is looked up anew every 16 durations only.
        """
        if not self._total:
            return 0.0
        if self._fresh <= 0 or percent != self._asked:
            self._asked, self._fresh = percent, _REUSED
            self._found_s = self._find_s(percent)
        return self._found_s

    def _find_s(self, percent: float) -> float:
        rank, passed = max(1, ceil(self._total * percent / 100.0)), 0
        for bucket, count in enumerate(self._counts):
            passed += count
            if passed >= rank:
                return float(_LEAST_S * _GROWTH ** (bucket + 0.5))
        return 0.0

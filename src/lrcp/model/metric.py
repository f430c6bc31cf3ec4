"""Metric points on their way to the store, already grouped by metric, tag set and 10-second bucket."""

from typing import Final

import msgspec

BUCKET_S: Final = 10
METRIC_TYPES: Final = frozenset({"count", "gauge", "rate", "distribution", "set"})


class MetricBucket(msgspec.Struct):
    """What one sender said of one series in one bucket; the engine merges buckets of the same series and time.

    time_s is the bucket's start, Unix seconds, a multiple of BUCKET_S. tags are sorted `key:value` or bare strings.
    sum, min, max and count are over the points; last is the newest value and last_ns when it was taken.
    values and weights (same length, weights empty = all 1) feed the DDSketch of a distribution.
    members are the distinct values of a set. interval_s is a rate's or count's own interval, 0 unknown.
    """

    metric: str
    tags: tuple[str, ...]
    time_s: int
    type: str
    count: float = 0.0
    sum: float = 0.0
    min: float = 0.0
    max: float = 0.0
    last: float = 0.0
    last_ns: int = 0
    values: list[float] = []
    weights: list[int] = []
    members: list[str] = []
    interval_s: int = 0
    unit: str = ""


def bucket_start_s(time_s: float) -> int:
    """Start of the bucket that holds a moment. time_s: Unix seconds. Returns: Unix seconds, multiple of BUCKET_S."""
    return int(time_s // BUCKET_S) * BUCKET_S

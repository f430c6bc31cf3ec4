"""Samples that carry their own time (`|T`): counts and gauges, kept beside the open bucket."""

from typing import Final

from lrcp.ingest.receivers.dogstatsd.metric_line import MetricLine
from lrcp.ingest.receivers.dogstatsd.registry import series_key
from lrcp.ingest.receivers.dogstatsd.series import finite
from lrcp.model.errors import InputError
from lrcp.model.metric import BUCKET_S, MetricBucket, bucket_start_s

MAX_PAST_S: Final = 3600
MAX_FUTURE_S: Final = 600
"""Datadog's intake takes points from an hour ago to ten minutes ahead; the agent forwards timed samples to it as they are."""

MAX_TIMED_BUCKETS: Final = 50_000


class TimedPoints:
    """Buckets of timed samples since they were last taken. host: of series that name none ('': none)."""

    def __init__(self, *, host: str) -> None:
        self._host = host
        self._buckets: dict[tuple[str, str, tuple[str, ...], int], MetricBucket] = {}

    def add(self, metric: MetricLine, now_ns: int) -> None:
        """Take a sample with a time. Raises: InputError - its time is outside the intake's window, or no room is left."""
        now_s = now_ns // 1_000_000_000
        if not now_s - MAX_PAST_S <= metric.time_s <= now_s + MAX_FUTURE_S:
            raise InputError("the timestamp is more than an hour ago or ten minutes ahead")
        key = series_key(metric, self._host)
        if key is None:
            raise InputError("the metric's name has no letter")
        kind, name, tags = key
        time_s = bucket_start_s(metric.time_s)
        bucket = self._buckets.get((*key, time_s))
        if bucket is None:
            if len(self._buckets) >= MAX_TIMED_BUCKETS:
                raise InputError("too many series with timestamps between two flushes")
            bucket = self._buckets[*key, time_s] = MetricBucket(name, tags, time_s, kind)
            bucket.interval_s = BUCKET_S if kind == "count" else 0
        scale = metric.rate if kind == "count" and metric.rate > 0 else 1.0
        for value in metric.values:
            add_point(bucket, value / scale, metric.time_s * 1_000_000_000)

    def take(self) -> list[MetricBucket]:
        """The buckets so far; forgets them."""
        buckets = list(self._buckets.values())
        self._buckets = {}
        return buckets


def add_point(bucket: MetricBucket, value: float, time_ns: int) -> None:
    """Count one point in. Of two points of the same time the later one is the last."""
    value = finite(value)
    bucket.min = min(bucket.min, value) if bucket.count else value
    bucket.max = max(bucket.max, value) if bucket.count else value
    bucket.count += 1.0
    bucket.sum = finite(bucket.sum + value)
    if time_ns >= bucket.last_ns:
        bucket.last, bucket.last_ns = value, time_ns

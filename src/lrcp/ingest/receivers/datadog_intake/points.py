"""Points of a series into its 10-second buckets; the same for JSON v1, v2 and protobuf."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from lrcp.ingest.receivers.datadog_intake.body import is_timely
from lrcp.ingest.weights import bounded_weights
from lrcp.model.metric import MetricBucket, bucket_start_s
from lrcp.model.tags import normalize_tags

MAX_PAST_S: Final = 3600
MAX_FUTURE_S: Final = 600
"""Datadog's window for metric points."""

_MAX_FLOAT: Final = 1.7976931348623157e308


class SeriesHead(msgspec.Struct):
    """What all points of a series share. type: count, gauge, rate or distribution; interval_s: 0 unknown."""

    metric: str
    type: str
    tags: tuple[str, ...] = ()
    interval_s: int = 0
    unit: str = ""


def stored_tags(tags: Iterable[str], host: str = "", device: str = "") -> tuple[str, ...]:
    """Normalised tags with those of the host and the device ('': none)."""
    extra = [f"{key}:{value}" for key, value in (("host", host), ("device", device)) if value]
    return normalize_tags([*tags, *extra])


class Buckets:
    """Buckets of one series while its points are read; `untimely` counts the points outside the intake's window."""

    def __init__(self, head: SeriesHead, now_ns: int) -> None:
        self._head = head
        self._now_ns = now_ns
        self._by_time: dict[int, MetricBucket] = {}
        self.untimely = 0

    def add(self, time_s: float, value: float) -> None:
        """Take one point of a count, gauge or rate."""
        bucket = self._find(time_s)
        if bucket is not None:
            _add_value(bucket, value, int(time_s * 1_000_000_000))
            bucket.count += 1.0
            bucket.sum = finite(bucket.sum + value)

    def add_values(self, time_s: float, values: Sequence[float]) -> None:
        """Take the values of a distribution at one moment."""
        bucket = self._find(time_s)
        if bucket is None:
            return
        for value in values:
            _add_value(bucket, value, int(time_s * 1_000_000_000))
            bucket.count += 1.0
        bucket.sum = finite(bucket.sum + sum(values))
        bucket.values.extend(values)

    def take(self) -> list[MetricBucket]:
        """The buckets that hold something."""
        return [bucket for bucket in self._by_time.values() if bucket.count]

    def _find(self, time_s: float) -> MetricBucket | None:
        """The bucket of a moment; None, counted, outside the window."""
        if not is_timely(time_s, self._now_ns, past_s=MAX_PAST_S, future_s=MAX_FUTURE_S):
            self.untimely += 1
            return None
        start_s = bucket_start_s(time_s)
        bucket = self._by_time.get(start_s)
        if bucket is None:
            head = self._head
            bucket = MetricBucket(
                head.metric, head.tags, start_s, head.type, interval_s=head.interval_s, unit=head.unit
            )
            self._by_time[start_s] = bucket
        return bucket


def sketch_bucket(head: SeriesHead, time_s: float, values: list[float], weights: list[int]) -> MetricBucket:
    """A distribution's bucket from a sketch's bins; count, sum, min, max are the caller's to set."""
    start_s = bucket_start_s(time_s)
    bucket = MetricBucket(head.metric, head.tags, start_s, "distribution", values=values, unit=head.unit)
    bucket.weights = bounded_weights(weights)
    bucket.last, bucket.last_ns = values[-1], int(time_s * 1_000_000_000)
    return bucket


def finite(value: float) -> float:
    """Sums of finite values can leave the range of floats; the store's columns shall not."""
    return min(max(value, -_MAX_FLOAT), _MAX_FLOAT) if value == value else 0.0


def _add_value(bucket: MetricBucket, value: float, time_ns: int) -> None:
    bucket.min = min(bucket.min, value) if bucket.count else value
    bucket.max = max(bucket.max, value) if bucket.count else value
    if time_ns >= bucket.last_ns:
        bucket.last, bucket.last_ns = value, time_ns

"""What each kind of series keeps of the open bucket. `add` is the hot path: one call per value.

A series that receives a value while it is empty notes itself in its window, so that a flush visits only series that
have something. `drain` gives what it has as buckets and empties it.
"""

import sys
from typing import Final, Protocol

from lrcp.ingest.receivers.dogstatsd.histogram import Sample, histogram_aggregates, thinned, weight_of_rate
from lrcp.ingest.weights import bounded_weights
from lrcp.model.metric import BUCKET_S, MetricBucket

MAX_BUCKET_VALUES: Final = 4096
"""Values of a distribution, or members of a set, above which a bucket goes out early; the engine merges the parts."""

MAX_HISTOGRAM_SAMPLES: Final = 16_384
"""Samples of a histogram above which they are thinned: its aggregates are of the whole bucket and cannot go in parts."""

_MAX_FLOAT: Final = sys.float_info.max


class Series(Protocol):
    """One metric with one set of tags, of one kind."""

    seen_s: int  # start of the newest bucket it gave, Unix seconds

    def drain(self) -> list[MetricBucket]:
        """What came since the last drain, as buckets of the window's time; empty when nothing came."""


class ValueSeries(Series, Protocol):
    """A series of numbers; all kinds but sets."""

    def add(self, value: float) -> None:
        """Take one value that was not sampled."""

    def add_sampled(self, value: float, rate: float) -> None:
        """Take one value that was sent for 1/rate of them; a rate of 0 or below counts as 1."""


class Window:
    """The open bucket, shared by all series: its start, who has something, and buckets that are already full."""

    __slots__ = ("bucket_s", "parts", "ready", "wholes")

    def __init__(self) -> None:
        self.bucket_s = 0
        self.parts: list[Series] = []
        self.wholes: list[Series] = []
        self.ready: list[MetricBucket] = []


class _Named:
    __slots__ = ("_metric", "_tags", "_window", "seen_s")

    def __init__(self, metric: str, tags: tuple[str, ...], window: Window) -> None:
        self._metric = metric
        self._tags = tags
        self._window = window
        self.seen_s = window.bucket_s
        self._clear()

    def _clear(self) -> None:
        raise NotImplementedError

    def _bucket(self, kind: str) -> MetricBucket:
        self.seen_s = time_s = self._window.bucket_s
        return MetricBucket(self._metric, self._tags, time_s, kind, last_ns=time_s * 1_000_000_000)


class CountSeries(_Named):
    """Sum of value / rate. min and max are over the values, each scaled up by its rate."""

    __slots__ = ("_high", "_last", "_low", "_points", "_total")

    def _clear(self) -> None:
        self._points = 0
        self._total = self._last = self._low = self._high = 0.0

    def add(self, value: float) -> None:
        if not self._points:
            self._window.parts.append(self)
            self._low = self._high = value
        elif value > self._high:
            self._high = value
        elif value < self._low:
            self._low = value
        self._points += 1
        self._total += value
        self._last = value

    def add_sampled(self, value: float, rate: float) -> None:
        self.add(value / rate if rate > 0 else value)

    def drain(self) -> list[MetricBucket]:
        if not self._points:
            return []
        bucket = self._bucket("count")
        bucket.count, bucket.sum = float(self._points), finite(self._total)
        bucket.min, bucket.max, bucket.last = finite(self._low), finite(self._high), finite(self._last)
        bucket.interval_s = BUCKET_S
        self._clear()
        return [bucket]


class GaugeSeries(_Named):
    """The newest value; a bucket of a gauge holds that one point, as the agent would send it."""

    __slots__ = ("_has_value", "_last")

    def _clear(self) -> None:
        self._has_value = False
        self._last = 0.0

    def add(self, value: float) -> None:
        if not self._has_value:
            self._has_value = True
            self._window.wholes.append(self)
        self._last = value

    def add_sampled(self, value: float, rate: float) -> None:
        self.add(value)  # a sample rate means nothing for a gauge

    def drain(self) -> list[MetricBucket]:
        if not self._has_value:
            return []
        bucket = one_point(self._bucket("gauge"), self._last)
        self._clear()
        return [bucket]


class SetSeries(_Named):
    """Distinct texts; count is how many were sent, distinct or not."""

    __slots__ = ("_members", "_points")

    def _clear(self) -> None:
        self._members: set[str] = set()
        self._points = 0

    def add_member(self, member: str) -> None:
        """Take one member."""
        if not self._points:
            self._window.parts.append(self)
        self._points += 1
        self._members.add(member)
        if len(self._members) >= MAX_BUCKET_VALUES:
            self._window.ready.extend(self.drain())

    def drain(self) -> list[MetricBucket]:
        if not self._points:
            return []
        bucket = self._bucket("set")
        bucket.count, bucket.members, bucket.interval_s = float(self._points), sorted(self._members), BUCKET_S
        self._clear()
        return [bucket]


class DistributionSeries(_Named):
    """Values with weights, for the engine's sketch."""

    __slots__ = ("_values", "_weights")

    def _clear(self) -> None:
        self._values: list[float] = []
        self._weights: list[int] = []  # empty while all are 1

    def add(self, value: float) -> None:
        values = self._values
        if not values:
            self._window.parts.append(self)
        values.append(value)
        if self._weights:
            self._weights.append(1)
        if len(values) >= MAX_BUCKET_VALUES:
            self._window.ready.extend(self.drain())

    def add_sampled(self, value: float, rate: float) -> None:
        if not self._values:
            self._window.parts.append(self)
        if not self._weights:
            self._weights = [1] * len(self._values)
        self._values.append(value)
        self._weights.append(weight_of_rate(rate))
        if len(self._values) >= MAX_BUCKET_VALUES:
            self._window.ready.extend(self.drain())

    def drain(self) -> list[MetricBucket]:
        if not self._values:
            return []
        bucket = fill_distribution(self._bucket("distribution"), self._values, self._weights)
        self._clear()
        return [bucket]


class HistogramSeries(_Named):
    """The agent's five aggregates, of the whole bucket."""

    __slots__ = ("_samples", "_total", "_unit")

    def __init__(self, metric: str, tags: tuple[str, ...], window: Window, unit: str = "") -> None:
        super().__init__(metric, tags, window)
        self._unit = unit

    def _clear(self) -> None:
        self._samples: list[Sample] = []
        self._total = 0.0

    def add(self, value: float) -> None:
        self._take(value, 1)
        self._total += value

    def add_sampled(self, value: float, rate: float) -> None:
        self._take(value, weight_of_rate(rate))
        self._total += value / rate if rate > 0 else value

    def _take(self, value: float, weight: int) -> None:
        if not self._samples:
            self._window.wholes.append(self)
        self._samples.append((value, weight))
        if len(self._samples) >= MAX_HISTOGRAM_SAMPLES:
            self._samples = thinned(self._samples)

    def drain(self) -> list[MetricBucket]:
        if not self._samples:
            return []
        found = histogram_aggregates(self._samples, total=finite(self._total), interval_s=BUCKET_S)
        buckets = [
            self._aggregate("max", found.max),
            self._aggregate("median", found.median),
            self._aggregate("avg", found.avg),
            self._aggregate("95percentile", found.percentile_95),
            self._aggregate("count", found.count_per_s, "rate"),
        ]
        self._clear()
        return buckets

    def _aggregate(self, suffix: str, value: float, kind: str = "gauge") -> MetricBucket:
        bucket = one_point(self._bucket(kind), value)
        bucket.metric = f"{self._metric}.{suffix}"
        if kind == "rate":
            bucket.interval_s = BUCKET_S
        else:
            bucket.unit = self._unit
        return bucket


def one_point(bucket: MetricBucket, value: float) -> MetricBucket:
    """The bucket, holding this one point."""
    bucket.count = 1.0
    bucket.sum = bucket.min = bucket.max = bucket.last = finite(value)
    return bucket


def fill_distribution(bucket: MetricBucket, values: list[float], weights: list[int]) -> MetricBucket:
    """The bucket, holding these values. weights: as long as values, or empty when all are 1."""
    bucket.values = values
    bucket.min, bucket.max, bucket.last = min(values), max(values), values[-1]
    if weights:
        bucket.count = float(sum(weights))
        bucket.sum = finite(sum(value * weight for value, weight in zip(values, weights, strict=True)))
        bucket.weights = bounded_weights(weights)
    else:
        bucket.count, bucket.sum = float(len(values)), finite(sum(values))
    return bucket


def finite(value: float) -> float:
    """Sums of finite values can leave the range of floats; the store's columns shall not."""
    if value != value:
        return 0.0
    return min(max(value, -_MAX_FLOAT), _MAX_FLOAT)

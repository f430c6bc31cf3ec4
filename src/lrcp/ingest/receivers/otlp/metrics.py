"""ExportMetricsServiceRequest -> metric buckets.

Sums become counts (cumulative ones that can also fall become gauges), histograms become distributions, summaries become
two counts and a gauge per quantile: as Datadog's OTLP ingest has it. Names stay as they are.
"""

import math
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, Final

from lrcp.ingest.receivers.otlp.deltas import Deltas
from lrcp.ingest.receivers.otlp.histograms import Totals, minus, read_explicit, read_exponential, sketch_values
from lrcp.ingest.receivers.otlp.limits import MAX_POINT_ATTRIBUTES, MAX_TIME_NS
from lrcp.ingest.receivers.otlp.origin import Origin, read_origin
from lrcp.ingest.receivers.otlp.taken import Arrival, Refusals, RefusedError, Taken
from lrcp.ingest.receivers.otlp.values import as_text, plain
from lrcp.model.batch import Batch
from lrcp.model.ids import payload_digest
from lrcp.model.metric import BUCKET_S, MetricBucket
from lrcp.model.tags import MAX_TAG_CHARS, normalize_tags

MAX_NAME_CHARS: Final = 255

_NS_PER_S: Final = 1_000_000_000
_DELTA, _CUMULATIVE = 1, 2
_NO_RECORDED_VALUE: Final = 1

_normalized = lru_cache(maxsize=4_096)(normalize_tags)


class MetricsReader:
    """Reads metric requests. deltas and histogram_deltas remember cumulative series from one request to the next."""

    def __init__(self, deltas: Deltas[float], histogram_deltas: Deltas[Totals]) -> None:
        self._deltas = deltas
        self._histogram_deltas = histogram_deltas

    def read(self, request: Any, arrival: Arrival) -> Taken:
        """A parsed request (protobuf or JSON twins) to buckets; points that make no sense are refused one by one."""
        taken = Taken(Batch(), Refusals())
        for resource_metrics in request.resource_metrics:
            origin = read_origin(resource_metrics.resource)
            for scope_metrics in resource_metrics.scope_metrics:
                for metric in scope_metrics.metrics:
                    self._read_metric(metric, origin, arrival, taken)
        return taken

    def _read_metric(self, metric: Any, origin: Origin, arrival: Arrival, taken: Taken) -> None:
        form = metric.WhichOneof("data")
        if form is None:
            return
        points = getattr(metric, form).data_points
        if not 0 < len(metric.name) <= MAX_NAME_CHARS:
            taken.refusals.add(f"a metric's name must have 1 to {MAX_NAME_CHARS} characters", len(points))
            return
        read = _POINT_READERS[form]
        for point in points:
            if point.flags & _NO_RECORDED_VALUE:
                continue
            try:
                series = _Series(metric, getattr(metric, form), point, origin, arrival)
                taken.batch.metrics.extend(read(self, series))
            except RefusedError as error:
                taken.refusals.add(str(error))

    def read_gauge(self, series: "_Series") -> list[MetricBucket]:
        return [series.bucket("gauge", _number(series.point))]

    def read_sum(self, series: "_Series") -> list[MetricBucket]:
        value = _number(series.point)
        if series.temporality() == _DELTA:
            return [series.bucket("count", value, since_ns=series.point.start_time_unix_nano)]
        if not series.data.is_monotonic:
            return [series.bucket("gauge", value)]
        return self._gained(series, "", value)

    def read_histogram(self, series: "_Series") -> list[MetricBucket]:
        return self._distribution(series, read_explicit(series.point))

    def read_exponential(self, series: "_Series") -> list[MetricBucket]:
        return self._distribution(series, read_exponential(series.point))

    def read_summary(self, series: "_Series") -> list[MetricBucket]:
        point = series.point
        buckets = self._gained(series, ".count", float(point.count)) + self._gained(series, ".sum", _finite(point.sum))
        for at in point.quantile_values:
            if math.isfinite(at.value) and 0 <= at.quantile <= 1:
                tag = f"quantile:{at.quantile:g}"
                buckets.append(series.bucket("gauge", at.value, suffix=".quantile", tag=tag))
        return buckets

    def _gained(self, series: "_Series", suffix: str, total: float) -> list[MetricBucket]:
        """A cumulative number as a count of what it gained."""
        gain = self._deltas.since_last(
            series.key(suffix),
            start_ns=series.point.start_time_unix_nano,
            time_ns=series.time_ns,
            total=total,
            digest=series.arrival.digest,
            undo=series.arrival.undo,
            minus=_number_minus,
        )
        return [] if gain is None else [series.bucket("count", gain[0], suffix=suffix, since_ns=gain[1])]

    def _distribution(self, series: "_Series", totals: Totals) -> list[MetricBucket]:
        since_ns = series.point.start_time_unix_nano
        if series.temporality() == _CUMULATIVE:
            gain = self._histogram_deltas.since_last(
                series.key(""),
                start_ns=since_ns,
                time_ns=series.time_ns,
                total=totals,
                digest=series.arrival.digest,
                undo=series.arrival.undo,
                minus=minus,
            )
            if gain is None:
                return []
            totals, since_ns = gain
        return [series.distribution(totals, since_ns)] if totals.count else []


class _Series:
    """One data point with what its bucket and its key are made of."""

    __slots__ = ("arrival", "data", "metric", "origin", "point", "raw_tags", "time_ns")

    def __init__(self, metric: Any, data: Any, point: Any, origin: Origin, arrival: Arrival) -> None:
        self.metric, self.data, self.point, self.origin, self.arrival = metric, data, point, origin, arrival
        self.time_ns = point.time_unix_nano
        if not 0 < self.time_ns <= MAX_TIME_NS:
            raise RefusedError("a data point needs a time_unix_nano, not after 2100")
        if len(point.attributes) > MAX_POINT_ATTRIBUTES:
            raise RefusedError(f"a data point has over {MAX_POINT_ATTRIBUTES} attributes")
        own = tuple(f"{pair.key}:{as_text(plain(pair.value))}"[:MAX_TAG_CHARS] for pair in point.attributes)
        self.raw_tags = (*origin.tags(), *own)

    def key(self, suffix: str) -> Hashable:
        """What tells this series from others, 16 bytes. The whole resource counts: two processes keep two totals."""
        name = self.metric.name + suffix
        return payload_digest(name.encode(), "\n".join(self.raw_tags).encode(), self.origin.identity)

    def temporality(self) -> int:
        temporality: int = self.data.aggregation_temporality
        if temporality not in (_DELTA, _CUMULATIVE):
            raise RefusedError(f"{self.metric.name}: aggregation_temporality must be delta (1) or cumulative (2)")
        return temporality

    def bucket(self, kind: str, value: float, *, suffix: str = "", tag: str = "", since_ns: int = 0) -> MetricBucket:
        return MetricBucket(
            self.metric.name + suffix,
            _normalized((*self.raw_tags, tag) if tag else self.raw_tags),
            self._time_s(),
            kind,
            count=1.0,
            sum=value,
            min=value,
            max=value,
            last=value,
            last_ns=self.time_ns,
            interval_s=self._interval_s(since_ns),
            unit=self.metric.unit[:MAX_TAG_CHARS],
        )

    def distribution(self, totals: Totals, since_ns: int) -> MetricBucket:
        values, weights = sketch_values(totals)
        mean = totals.sum / totals.count if totals.sum is not None else 0.0
        if not values:
            # Without buckets there is one thing to say of every value: their mean.
            values, weights = [mean], [1]
        total = totals.sum if totals.sum is not None else sum(v * w for v, w in zip(values, weights, strict=True))
        return MetricBucket(
            self.metric.name,
            _normalized(self.raw_tags),
            self._time_s(),
            "distribution",
            count=float(totals.count),
            sum=total,
            min=totals.min if totals.min is not None else values[0],
            max=totals.max if totals.max is not None else values[-1],
            last=values[-1],
            last_ns=self.time_ns,
            values=values,
            weights=weights,
            interval_s=self._interval_s(since_ns),
            unit=self.metric.unit[:MAX_TAG_CHARS],
        )

    def _time_s(self) -> int:
        return int(self.time_ns // _NS_PER_S // BUCKET_S * BUCKET_S)

    def _interval_s(self, since_ns: int) -> int:
        """Whole seconds that a count covers; 0 when unknown or beyond reason (32 bits)."""
        seconds = (self.time_ns - since_ns + _NS_PER_S // 2) // _NS_PER_S if since_ns else 0
        return int(seconds) if 0 <= seconds <= 0xFFFFFFFF else 0


def _number(point: Any) -> float:
    form = point.WhichOneof("value")
    if form is None:
        raise RefusedError("a data point needs as_double or as_int")
    return _finite(float(getattr(point, form)))


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise RefusedError("a data point's value must be finite")
    return value


def _number_minus(now: float, last: float) -> float | None:
    return now - last if now >= last else None


_POINT_READERS: Final[dict[str, Callable[[MetricsReader, _Series], list[MetricBucket]]]] = {
    "gauge": MetricsReader.read_gauge,
    "sum": MetricsReader.read_sum,
    "histogram": MetricsReader.read_histogram,
    "exponential_histogram": MetricsReader.read_exponential,
    "summary": MetricsReader.read_summary,
}

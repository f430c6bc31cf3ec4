"""Metric points to buckets: types, tags, cumulative series, histograms."""

from typing import Any

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    NumberDataPoint,
    Sum,
    Summary,
    SummaryDataPoint,
)

from lrcp.ingest.receivers.otlp.taken import Taken
from tests.wire.otlp.bodies import SECOND_NS, START_NS, Decoders, key_values, metric_request

DELTA, CUMULATIVE = 1, 2
LATER_NS = START_NS + 60 * SECOND_NS


def number(value: float, *, time_ns: int = LATER_NS, start_ns: int = 0, **attributes: Any) -> NumberDataPoint:
    point = NumberDataPoint(time_unix_nano=time_ns, start_time_unix_nano=start_ns, attributes=key_values(attributes))
    if isinstance(value, int):
        point.as_int = value
    else:
        point.as_double = value
    return point


def sum_of(point: NumberDataPoint, temporality: int = CUMULATIVE, monotonic: bool = True) -> dict[str, Any]:
    data = Sum(data_points=[point], aggregation_temporality=temporality, is_monotonic=monotonic)
    return {"name": "requests", "sum": data}


def gains(decoders: Decoders, *points: NumberDataPoint) -> list[float | None]:
    """What each of the points, sent one after the other, adds; None for nothing."""
    taken = [decoders.metrics(metric_request(sum_of(point))) for point in points]
    return [t.batch.metrics[0].sum if t.batch.metrics else None for t in taken]


def histogram(counts: list[int], bounds: list[float], temporality: int = DELTA, **fields: Any) -> dict[str, Any]:
    given = {"count": sum(counts), "time_unix_nano": LATER_NS} | fields
    point = HistogramDataPoint(bucket_counts=counts, explicit_bounds=bounds, **given)
    return {"name": "took", "histogram": Histogram(data_points=[point], aggregation_temporality=temporality)}


def exponential(temporality: int = DELTA, **fields: Any) -> dict[str, Any]:
    point = ExponentialHistogramDataPoint(**{"time_unix_nano": LATER_NS} | fields)
    data = ExponentialHistogram(data_points=[point], aggregation_temporality=temporality)
    return {"name": "took", "exponential_histogram": data}


def test_a_gauge_keeps_its_name_and_gets_the_tags_of_point_and_resource() -> None:
    point = number(2.5, Region="EU West", n=3)
    request = metric_request(
        {"name": "Queue.Depth", "unit": "{message}", "gauge": Gauge(data_points=[point])},
        resource={
            "service.name": "shop",
            "deployment.environment.name": "prod",
            "service.version": "1",
            "host.name": "h1",
            "k8s.pod.name": "p1",
            "process.pid": 7,
        },
    )
    (bucket,) = Decoders().metrics(request).batch.metrics
    assert (bucket.metric, bucket.type, bucket.last, bucket.sum, bucket.count) == ("Queue.Depth", "gauge", 2.5, 2.5, 1)
    assert (bucket.time_s, bucket.last_ns, bucket.unit) == (LATER_NS // SECOND_NS // 10 * 10, LATER_NS, "{message}")
    assert bucket.tags == (
        "env:prod",
        "host:h1",
        "n:3",
        "pod_name:p1",
        "region:eu_west",
        "service:shop",
        "version:1",
    )


def test_a_delta_sum_is_a_count_with_its_interval() -> None:
    (bucket,) = Decoders().metrics(metric_request(sum_of(number(5, start_ns=START_NS), DELTA))).batch.metrics
    assert (bucket.type, bucket.sum, bucket.interval_s) == ("count", 5.0, 60)


def test_a_cumulative_sum_that_can_fall_is_a_gauge() -> None:
    (bucket,) = Decoders().metrics(metric_request(sum_of(number(5), monotonic=False))).batch.metrics
    assert (bucket.type, bucket.last) == ("gauge", 5.0)


def test_a_cumulative_series_that_was_there_before_us_counts_from_its_second_point() -> None:
    points = [number(100 + n, time_ns=LATER_NS + n * SECOND_NS, start_ns=START_NS - 5) for n in (0, 3, 7)]
    assert gains(Decoders(), *points) == [None, 3.0, 4.0]


def test_a_cumulative_series_that_began_after_us_counts_from_its_first_point() -> None:
    points = [number(100 + n, time_ns=LATER_NS + n * SECOND_NS, start_ns=START_NS + 5) for n in (0, 3)]
    assert gains(Decoders(), *points) == [100.0, 3.0]


def test_a_series_that_began_anew_counts_all_of_its_new_total() -> None:
    decoders = Decoders()
    first = number(100, time_ns=LATER_NS, start_ns=START_NS + 5)
    restarted = number(120, time_ns=LATER_NS + 20 * SECOND_NS, start_ns=LATER_NS + 10 * SECOND_NS)
    fell_back = number(7, time_ns=LATER_NS + 30 * SECOND_NS, start_ns=LATER_NS + 10 * SECOND_NS)
    assert gains(decoders, first, restarted, fell_back) == [100.0, 120.0, 7.0]


def test_an_old_point_adds_nothing() -> None:
    newer, older = number(9, start_ns=START_NS + 5), number(5, time_ns=LATER_NS - 1, start_ns=START_NS + 5)
    assert gains(Decoders(), newer, older) == [9.0, None]


def test_a_request_sent_again_gets_the_same_answer_again() -> None:
    decoders = Decoders()
    gains(decoders, number(9, start_ns=START_NS + 5))
    request = metric_request(sum_of(number(12, time_ns=LATER_NS + SECOND_NS, start_ns=START_NS + 5)))
    first, again = decoders.metrics(request), decoders.metrics(request)
    assert first.batch == again.batch
    assert [bucket.sum for bucket in first.batch.metrics] == [3.0]


def test_two_processes_of_a_service_keep_two_totals() -> None:
    decoders = Decoders()

    def send(instance: str, total: int, at_ns: int) -> Taken:
        point = number(total, time_ns=at_ns, start_ns=START_NS - 1)
        return decoders.metrics(metric_request(sum_of(point), resource={"service.instance.id": instance}))

    send("a", 100, LATER_NS)
    send("b", 5, LATER_NS + 1)
    (bucket,) = send("a", 103, LATER_NS + 2).batch.metrics
    assert bucket.sum == 3.0


def test_an_explicit_histogram_is_spread_over_its_buckets_within_min_and_max() -> None:
    metric = histogram([0, 10, 2], [10.0, 20.0], sum=190.0, min=11.0, max=40.0)
    (bucket,) = Decoders().metrics(metric_request(metric)).batch.metrics
    assert (bucket.type, bucket.count, bucket.sum, bucket.min, bucket.max) == ("distribution", 12, 190.0, 11.0, 40.0)
    assert sum(bucket.weights) == 12
    assert bucket.values == sorted(bucket.values)
    assert bucket.values[0] >= 11.0
    assert bucket.values[-1] <= 40.0
    assert sum(10 <= value <= 20 for value in bucket.values) == 10


def test_without_min_and_max_the_open_buckets_end_at_zero_and_at_the_last_bound() -> None:
    (bucket,) = Decoders().metrics(metric_request(histogram([2, 0, 3], [1.0, 2.0]))).batch.metrics
    assert bucket.values == [0.25, 0.75, 2.0, 2.0, 2.0]
    assert bucket.sum == pytest.approx(7.0)


def test_a_histogram_without_buckets_still_tells_count_and_mean() -> None:
    (bucket,) = Decoders().metrics(metric_request(histogram([], [], count=4, sum=8.0))).batch.metrics
    assert (bucket.count, bucket.sum, bucket.values) == (4.0, 8.0, [2.0])


def test_a_big_histogram_is_scaled_for_the_sketch_and_keeps_its_count() -> None:
    metric = histogram([1_000_000, 3_000_000], [1.0], sum=5e6)
    (bucket,) = Decoders().metrics(metric_request(metric)).batch.metrics
    assert bucket.count == 4_000_000
    assert sum(bucket.weights) == 1024
    low = sum(weight for value, weight in zip(bucket.values, bucket.weights, strict=True) if value < 1)
    assert low == pytest.approx(256, abs=2)


def test_a_cumulative_histogram_tells_what_it_gained() -> None:
    decoders = Decoders()
    first = histogram([1, 1], [10.0], CUMULATIVE, sum=20.0)
    second = histogram([1, 4], [10.0], CUMULATIVE, sum=65.0, time_unix_nano=LATER_NS + 10 * SECOND_NS)
    assert decoders.metrics(metric_request(first)).batch.metrics == []
    (bucket,) = decoders.metrics(metric_request(second)).batch.metrics
    assert (bucket.count, bucket.sum, bucket.interval_s) == (3.0, 45.0, 10)
    assert all(value >= 10.0 for value in bucket.values)


def test_an_exponential_histogram_stands_in_the_middle_of_its_buckets() -> None:
    metric = exponential(
        count=6,
        sum=10.0,
        scale=0,
        zero_count=1,
        positive={"offset": 1, "bucket_counts": [2, 1]},
        negative={"offset": 0, "bucket_counts": [2]},
    )
    (bucket,) = Decoders().metrics(metric_request(metric)).batch.metrics
    assert bucket.values == pytest.approx([-(2**0.5), 0.0, 2**1.5, 2**2.5])
    assert bucket.weights == [2, 1, 2, 1]


def test_a_cumulative_exponential_histogram_may_get_coarser() -> None:
    decoders = Decoders()
    fine = exponential(CUMULATIVE, count=2, scale=1, positive={"offset": 2, "bucket_counts": [1, 1]})
    coarse = exponential(
        CUMULATIVE,
        count=5,
        scale=0,
        positive={"offset": 1, "bucket_counts": [2, 3]},
        time_unix_nano=LATER_NS + SECOND_NS,
    )
    decoders.metrics(metric_request(fine))
    (bucket,) = decoders.metrics(metric_request(coarse)).batch.metrics
    assert (bucket.count, bucket.weights) == (3.0, [3])
    assert bucket.values == pytest.approx([2**2.5])


def test_a_summary_is_two_counts_and_a_gauge_per_quantile() -> None:
    point = SummaryDataPoint(
        count=4,
        sum=10.0,
        time_unix_nano=LATER_NS,
        start_time_unix_nano=START_NS + 1,
        quantile_values=[{"quantile": 0.99, "value": 5.0}],
    )
    metric = {"name": "took", "summary": Summary(data_points=[point])}
    buckets = Decoders().metrics(metric_request(metric)).batch.metrics
    assert [(b.metric, b.type, b.sum, b.tags) for b in buckets] == [
        ("took.count", "count", 4.0, ()),
        ("took.sum", "count", 10.0, ()),
        ("took.quantile", "gauge", 5.0, ("quantile:0.99",)),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "m", "gauge": Gauge(data_points=[number(float("nan"))])},
        {"name": "m", "gauge": Gauge(data_points=[number(float("inf"))])},
        {"name": "m", "gauge": Gauge(data_points=[number(1, time_ns=2**64 - 1)])},
        {"name": "m", "gauge": Gauge(data_points=[number(1, time_ns=0)])},
        {"name": "m", "gauge": Gauge(data_points=[NumberDataPoint(time_unix_nano=LATER_NS)])},
        {"name": "", "gauge": Gauge(data_points=[number(1)])},
        {"name": "x" * 300, "gauge": Gauge(data_points=[number(1)])},
        {"name": "m", "gauge": Gauge(data_points=[number(1, **{f"k{n}": n for n in range(200)})])},
        sum_of(number(1), temporality=0),
        histogram([1], [1.0]),
        histogram([1, 1, 1], [2.0, 1.0]),
        histogram([1, 1], [float("nan")]),
        histogram([2**60, 1], [1.0]),
        exponential(count=1, scale=1000),
        exponential(count=1, positive={"bucket_counts": [1] * 5000}),
    ],
)
def test_a_point_that_makes_no_sense_is_refused_while_the_good_one_goes_on(wrong: dict[str, Any]) -> None:
    good = {"name": "good", "gauge": Gauge(data_points=[number(1)])}
    taken = Decoders().metrics(metric_request(wrong, good))
    assert [bucket.metric for bucket in taken.batch.metrics] == ["good"]
    assert taken.refusals.count == 1


def test_a_point_marked_as_without_a_value_is_passed_over() -> None:
    point = NumberDataPoint(time_unix_nano=LATER_NS, flags=1)
    taken = Decoders().metrics(metric_request({"name": "m", "gauge": Gauge(data_points=[point])}))
    assert (len(taken.batch), taken.refusals.count) == (0, 0)


def test_buckets_at_the_edge_of_floats_stay_finite() -> None:
    metric = exponential(count=2, scale=-10, positive={"offset": 2**30, "bucket_counts": [1, 1]})
    (bucket,) = Decoders().metrics(metric_request(metric)).batch.metrics
    assert all(value < float("inf") for value in bucket.values)

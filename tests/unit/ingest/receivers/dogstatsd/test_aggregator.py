"""From datagrams to 10-second buckets, on a clock moved by hand."""

import random

import pytest

from lrcp.ingest.receivers.dogstatsd.aggregator import Aggregator
from lrcp.ingest.receivers.dogstatsd.series import MAX_BUCKET_VALUES
from lrcp.ingest.weights import MAX_TOTAL_WEIGHT
from lrcp.model.metric import MetricBucket

T0_S = 1_700_000_000  # a bucket's start
NS = 1_000_000_000


def ns(after_s: float) -> int:
    return int((T0_S + after_s) * NS)


def buckets_of(data: bytes, *, at_s: float = 1.0, final: bool = True) -> list[MetricBucket]:
    aggregator = Aggregator()
    aggregator.add_datagram(data, ns(at_s))
    return aggregator.take(ns(at_s), final=final)[0]


def only(data: bytes) -> MetricBucket:
    (bucket,) = buckets_of(data)
    return bucket


def by_name(buckets: list[MetricBucket]) -> dict[str, MetricBucket]:
    return {bucket.metric: bucket for bucket in buckets}


def test_a_count_is_the_sum_of_value_over_rate() -> None:
    bucket = only(b"a:1|c\na:2|c|@0.5\na:3:4|c")
    assert (bucket.type, bucket.time_s, bucket.sum, bucket.count, bucket.interval_s) == ("count", T0_S, 12.0, 4.0, 10)
    assert (bucket.min, bucket.max) == (1.0, 4.0)


def test_a_rate_of_zero_or_below_counts_once() -> None:
    assert only(b"a:2|c|@0\na:2|c|@-1").sum == 4.0


def test_a_gauge_is_its_newest_value_as_one_point() -> None:
    bucket = only(b"a:9|g\na:1:2|g\na:5|g|@0.1")
    assert (bucket.type, bucket.last, bucket.sum, bucket.count) == ("gauge", 5.0, 5.0, 1.0)
    assert T0_S * NS <= bucket.last_ns < (T0_S + 10) * NS


def test_a_set_holds_its_distinct_members_whatever_they_look_like() -> None:
    bucket = only(b"a:1|s\na:x:y|s\na:1|s\na:1.0|s\na:x:y|s|@0.5")
    assert (bucket.type, bucket.members, bucket.count) == ("set", ["1", "1.0", "x:y"], 5.0)


def test_a_distribution_keeps_its_values_and_the_weight_of_sampled_ones() -> None:
    bucket = only(b"a:1:2|d\na:3|d|@0.25\na:4|d")
    assert (bucket.type, bucket.values, bucket.weights) == ("distribution", [1.0, 2.0, 3.0, 4.0], [1, 1, 4, 1])
    assert (bucket.count, bucket.sum, bucket.min, bucket.max, bucket.last) == (7.0, 19.0, 1.0, 4.0, 4.0)


def test_a_distribution_that_was_never_sampled_has_no_weights() -> None:
    assert only(b"a:1:2|d").weights == []


def test_a_distribution_that_was_sampled_from_the_first_value_has_all_weights() -> None:
    assert only(b"a:1|d|@0.5\na:2|d|@0.1").weights == [2, 10]


def test_a_histogram_becomes_the_agents_five_series() -> None:
    found = by_name(buckets_of(b"a:" + b":".join(b"%d" % n for n in range(1, 21)) + b"|h|#x:y"))
    assert {name: (b.type, b.last, b.tags) for name, b in found.items()} == {
        "a.max": ("gauge", 20.0, ("x:y",)),
        "a.median": ("gauge", 10.0, ("x:y",)),  # rank (20-1)//2 = 9, counted from 0
        "a.avg": ("gauge", 10.5, ("x:y",)),
        "a.95percentile": ("gauge", 19.0, ("x:y",)),  # rank (95*20-1)//100 = 18
        "a.count": ("rate", 2.0, ("x:y",)),
    }
    assert found["a.count"].interval_s == 10


def test_a_sampled_histogram_value_stands_for_the_whole_part_of_one_over_rate() -> None:
    found = by_name(buckets_of(b"a:10|h|@0.3\na:1|h"))  # weights 3 and 1
    assert found["a.count"].last == pytest.approx(0.4)
    assert found["a.median"].last == 10.0
    assert found["a.avg"].last == pytest.approx((10 / 0.3 + 1) / 4)


def test_a_timer_is_a_histogram_in_milliseconds() -> None:
    found = by_name(buckets_of(b"a:12|ms"))
    assert {name: bucket.unit for name, bucket in found.items()} == {
        "a.max": "millisecond",
        "a.median": "millisecond",
        "a.avg": "millisecond",
        "a.95percentile": "millisecond",
        "a.count": "",
    }


def test_a_histogram_of_very_many_samples_keeps_maximum_count_and_average_and_nearly_its_ranks() -> None:
    values = random.Random(7).sample(range(1_000_000), 100_000)
    aggregator = Aggregator()
    for start in range(0, len(values), 100):
        aggregator.add_datagram(b"a:" + b":".join(b"%d" % v for v in values[start : start + 100]) + b"|h", ns(1))
    found = by_name(aggregator.take(ns(11))[0])
    assert found["a.max"].last == max(values)
    assert found["a.count"].last == 10_000.0
    assert found["a.avg"].last == pytest.approx(sum(values) / len(values))
    assert found["a.median"].last == pytest.approx(500_000, rel=0.02)
    assert found["a.95percentile"].last == pytest.approx(950_000, rel=0.02)


def test_tags_in_another_order_are_the_same_series_and_the_host_is_one_of_them() -> None:
    bucket = only(b"a:1|c|#x:1,y:2,host:web\na:1|c|#y:2,host:web,x:1|c:ci-9")
    assert (bucket.sum, bucket.tags) == (2.0, ("host:web", "x:1", "y:2"))


def test_the_servers_host_is_that_of_series_that_name_none() -> None:
    aggregator = Aggregator(host="box")
    aggregator.add_datagram(b"a:1|c\nb:1|c|#host:web\nc:1|c|#host:\n_sc|up|0\n_e{1,1}:a|b|h:web", ns(1))
    buckets, events, checks = aggregator.take(ns(1))
    assert {b.metric: b.tags for b in buckets} == {"a": ("host:box",), "b": ("host:web",), "c": ()}
    assert (events[0].host, checks[0].host) == ("web", "box")


def test_counts_sets_and_distributions_go_out_in_parts_and_the_rest_when_the_bucket_closes() -> None:
    aggregator = Aggregator()
    aggregator.add_datagram(b"c:1|c\ng:1|g\ns:1|s\nd:1|d\nh:1|h", ns(1))
    assert {b.metric for b in aggregator.take(ns(2))[0]} == {"c", "s", "d"}
    aggregator.add_datagram(b"c:5|c\ng:2|g\nh:3|h", ns(3))
    (part,) = aggregator.take(ns(4))[0]
    assert (part.metric, part.sum, part.time_s) == ("c", 5.0, T0_S)
    assert aggregator.take(ns(9.9))[0] == []
    closed = by_name(aggregator.take(ns(10))[0])
    assert set(closed) == {"g", "h.max", "h.median", "h.avg", "h.95percentile", "h.count"}
    assert {b.time_s for b in closed.values()} == {T0_S}
    assert (closed["g"].last, closed["h.max"].last) == (2.0, 3.0)
    assert aggregator.take(ns(20))[0] == []


def test_what_comes_after_a_bucket_is_the_next_buckets() -> None:
    aggregator = Aggregator()
    aggregator.add_datagram(b"c:1|c\ng:1|g", ns(9.999))
    aggregator.add_datagram(b"c:2|c\ng:2|g", ns(10))
    found = sorted((b.metric, b.time_s - T0_S, b.last) for b in aggregator.take(ns(11), final=True)[0])
    assert found == [("c", 0, 1.0), ("c", 10, 2.0), ("g", 0, 1.0), ("g", 10, 2.0)]


def test_a_clock_that_is_set_back_opens_the_bucket_of_its_new_time() -> None:
    aggregator = Aggregator()
    aggregator.add_datagram(b"c:1|c", ns(25))
    aggregator.add_datagram(b"c:2|c", ns(3))
    assert sorted((b.time_s - T0_S, b.sum) for b in aggregator.take(ns(3))[0]) == [(0, 2.0), (20, 1.0)]


def test_timed_samples_keep_their_own_bucket() -> None:
    aggregator = Aggregator()
    aggregator.add_datagram(
        b"c:1|c|T%d\nc:2|c|@0.5|T%d\ng:7|g|T%d\ng:9|g|T%d" % (T0_S - 95, T0_S - 92, T0_S - 5, T0_S - 9), ns(1)
    )
    found = by_name(aggregator.take(ns(1))[0])
    assert (found["c"].time_s, found["c"].sum, found["c"].count) == (T0_S - 100, 5.0, 2.0)
    assert (found["g"].time_s, found["g"].last, found["g"].last_ns) == (T0_S - 10, 7.0, (T0_S - 5) * NS)


def test_timed_samples_outside_the_intakes_window_are_refused_and_counted() -> None:
    aggregator = Aggregator()
    aggregator.add_datagram(b"c:1|c|T%d\nc:1|c|T%d\nc:1|c|T1" % (T0_S - 3700, T0_S + 700), ns(1))
    assert aggregator.take(ns(1))[0] == []
    assert aggregator.take_tally().rejected == 3


def test_a_wrong_line_costs_only_itself_also_when_its_series_is_known() -> None:
    aggregator = Aggregator()
    aggregator.add_datagram(b"a:1|c\na: 1|c\na:1_0|c\na:nan|c\na:inf|c\na:|c\na:x|c\n\na:1:x|c\na:2|c\r\n", ns(1))
    assert aggregator.take(ns(1))[0][0].sum == 3.0
    tally = aggregator.take_tally()
    assert (tally.records, tally.rejected) == (2, 7)
    assert "finite number" in tally.first_reason


def test_packed_hexadecimal_and_repeated_values_of_a_known_series_are_read_like_the_first_ones() -> None:
    assert only(b"a:1|c|@0.5\na:1:2|c|@0.5\na:0x1p2|c|@0.5\na:1|c|@0.5").sum == 2 * (1 + 1 + 2 + 4 + 1)


def test_names_are_stored_by_datadogs_rules() -> None:
    assert sorted(b.metric for b in buckets_of(b"a-b c:1|c\n9lives:1|c\nok.name_1:1|c\n---:1|c")) == [
        "a_b_c",
        "lives",
        "ok.name_1",
    ]


def test_new_series_above_the_bound_are_refused_and_counted() -> None:
    aggregator = Aggregator(max_series=2)
    aggregator.add_datagram(b"a:1|c\nb:1|c\nc:1|c\nc:1|c\na:1|c", ns(1))
    assert {b.metric: b.sum for b in aggregator.take(ns(2))[0]} == {"a": 2.0, "b": 1.0}
    tally = aggregator.take_tally()
    assert (tally.records, tally.rejected, tally.series_over) == (3, 2, 2)


def test_silent_series_make_room_for_new_ones() -> None:
    aggregator = Aggregator(max_series=2)
    aggregator.add_datagram(b"a:1|c\nb:1|c", ns(1))
    aggregator.take(ns(2))
    aggregator.add_datagram(b"b:1|c", ns(11))
    aggregator.take(ns(12))
    aggregator.add_datagram(b"c:1|c\nb:1|c\na:1|c", ns(21))
    assert {b.metric: b.sum for b in aggregator.take(ns(22))[0]} == {"c": 1.0, "b": 1.0}
    assert aggregator.take_tally().series_over == 1


def test_a_full_distribution_or_set_goes_out_early_and_nothing_is_lost() -> None:
    aggregator = Aggregator()
    count = MAX_BUCKET_VALUES + 10
    for number in range(count):
        aggregator.add_datagram(b"d:%d|d|@0.5\ns:%d|s" % (number, number), ns(1))
    buckets = aggregator.take(ns(2))[0]
    assert sorted(v for b in buckets for v in b.values) == [float(n) for n in range(count)]
    assert {w for b in buckets for w in b.weights} == {2}
    assert {m for b in buckets for m in b.members} == {str(n) for n in range(count)}
    assert all(len(b.values) <= MAX_BUCKET_VALUES and len(b.members) <= MAX_BUCKET_VALUES for b in buckets)
    assert sum(b.count for b in buckets) == 3 * count


def test_an_extreme_sample_rate_stays_within_what_the_engine_can_repeat() -> None:
    bucket = only(b"a:5|d|@0.0000000001\na:6|d")
    assert (bucket.count, sum(bucket.weights) <= MAX_TOTAL_WEIGHT + 1) == (1_000_001.0, True)


def test_sums_beyond_the_range_of_floats_stay_in_it() -> None:
    buckets = buckets_of(b"a:1.7e308|c\na:1.7e308|c\nd:1.7e308:1.7e308|d\nh:1.7e308:1.7e308|h\na:1|c|@1e-320")
    assert all(abs(value) < float("inf") for b in buckets for value in (b.sum, b.min, b.max, b.last))


def test_events_and_checks_without_a_time_are_of_now_and_two_equal_events_have_two_ids() -> None:
    aggregator = Aggregator()
    aggregator.add_datagram(b"_e{1,1}:a|b\n_e{1,1}:a|b\n_e{1,1}:a|b|d:5\n_sc|up|0\n_sc|up|0|d:7\n", ns(1))
    _, events, checks = aggregator.take(ns(2))
    assert [event.time_ns for event in events] == [ns(1), ns(1), 5 * NS]
    assert len({event.id for event in events}) == 3
    assert all(0 < event.id < 1 << 63 for event in events)
    assert [check.time_ns for check in checks] == [ns(1), 7 * NS]


def test_long_lines_are_taken_up_to_the_agents_packet_size_and_refused_above() -> None:
    aggregator = Aggregator()
    tags = b",".join(b"tag%d:%s" % (number, b"v" * 100) for number in range(70))
    aggregator.add_datagram(b"a:1|c|#%s\na:2|c|#%s\nb:1|c|#%s" % (tags, tags, tags * 2), ns(1))
    (bucket,) = aggregator.take(ns(1))[0]
    assert (bucket.sum, len(bucket.tags)) == (3.0, 70)
    assert aggregator.take_tally().rejected == 1


def test_forgetting_surroundings_does_not_split_a_series(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrcp.ingest.receivers.dogstatsd.aggregator._MAX_KNOWN", 3)
    aggregator = Aggregator()
    for _ in range(3):
        aggregator.add_datagram(b"".join(b"m%d:1|c\ns%d:x|s\n" % (number, number) for number in range(5)), ns(1))
    buckets = aggregator.take(ns(1))[0]
    assert sorted((b.metric, b.count) for b in buckets) == sorted((f"{k}{n}", 3.0) for k in "ms" for n in range(5))

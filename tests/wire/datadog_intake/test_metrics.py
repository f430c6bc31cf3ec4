"""Metrics intakes: series v1 and v2, distributions, sketches (DATADOG.md 1.4)."""

import gzip
import math
import zlib
from typing import Any

import pytest
from backports import zstd

from lrcp.ingest.receivers.datadog_intake.sketches import value_of_key
from lrcp.ingest.weights import MAX_TOTAL_WEIGHT
from lrcp.model.errors import DecodeError, InputError, TooLargeError
from lrcp.model.metric import MetricBucket
from tests.wire.datadog_intake.asking import NOW_S, NS, Intake, as_body, batch_of, decode
from tests.wire.datadog_intake.protobuf_writer import bytes_field, double_field, number_field, varint, zigzag

V2, V1 = "/api/v2/series", "/api/v1/series"
DISTRIBUTION, SKETCHES = "/api/v1/distribution_points", "/api/beta/sketches"
PROTOBUF = b"application/x-protobuf"


def series(**fields: Any) -> dict[str, Any]:
    return {"series": [{"metric": "shop.load", "points": [{"timestamp": NOW_S, "value": 0.5}], **fields}]}


def one_bucket(path: str, value: Any, **options: Any) -> MetricBucket:
    (bucket,) = batch_of(path, value, **options).metrics
    return bucket


def test_a_series_v2_becomes_a_bucket_with_its_type_unit_interval_and_resources() -> None:
    bucket = one_bucket(
        V2,
        series(
            type=2,
            interval=20,
            unit="request",
            tags=["Env:Test", "route:/qa"],
            resources=[{"type": "host", "name": "web-1"}, {"type": "pod", "name": "p1"}],
            source_type_name="x",
            metadata={"origin": {"product": 1}},
        ),
    )
    assert bucket == MetricBucket(
        "shop.load",
        ("env:test", "host:web-1", "pod:p1", "route:/qa"),
        NOW_S,
        "rate",
        count=1.0,
        sum=0.5,
        min=0.5,
        max=0.5,
        last=0.5,
        last_ns=NOW_S * NS,
        interval_s=20,
        unit="request",
    )


@pytest.mark.parametrize(("code", "kind"), [(0, "gauge"), (1, "count"), (2, "rate"), (3, "gauge"), (None, "gauge")])
def test_the_types_of_series_v2_by_number(code: int | None, kind: str) -> None:
    assert one_bucket(V2, series(type=code)).type == kind


@pytest.mark.parametrize(("word", "kind"), [("gauge", "gauge"), ("count", "count"), ("rate", "rate"), (None, "gauge")])
def test_the_types_of_series_v1_by_word(word: str | None, kind: str) -> None:
    bucket = one_bucket(V1, series(type=word, points=[[NOW_S, "1.5"]], host="web-1", tags=None, interval=None))
    assert (bucket.type, bucket.last, bucket.tags) == (kind, 1.5, ("host:web-1",))


def test_points_fall_into_ten_second_buckets_and_the_newest_is_the_last() -> None:
    points = [[NOW_S + 1, 4], [NOW_S + 9, 1], [NOW_S + 5, 2], [NOW_S + 10, 8]]
    first, second = batch_of(V1, series(type="count", points=points)).metrics
    assert (first.time_s, first.count, first.sum, first.min, first.max, first.last) == (NOW_S, 3.0, 7.0, 1.0, 4.0, 1.0)
    assert (second.time_s, second.sum, second.last_ns) == (NOW_S + 10, 8.0, (NOW_S + 10) * NS)


def test_points_too_old_or_too_far_ahead_are_refused_and_the_request_is_accepted() -> None:
    points = [{"timestamp": NOW_S + after_s, "value": 1} for after_s in (-3601, -3600, 0, 600, 601)]
    decoded = decode(V2, series(points=points))
    assert (decoded.rejected, len(batch_of(V2, series(points=points)).metrics)) == (2, 3)
    assert decode(V2, series(points=points[:1])).reply.status == 202


def test_a_bad_point_or_series_does_not_cost_the_others() -> None:
    body = {
        "series": [
            {"metric": "a", "points": [{"timestamp": NOW_S, "value": "x"}, {"timestamp": NOW_S, "value": 3}, 7, {}]},
            {"metric": "", "points": []},
            "nonsense",
            {"metric": "b", "type": 9, "points": []},
            {"metric": "c", "points": [{"timestamp": NOW_S, "value": 1}], "tags": "x:y"},
            {"metric": "d", "points": [{"timestamp": NOW_S, "value": 1}]},
        ]
    }
    decoded = decode(V2, body)
    assert decoded.batch is not None
    assert [(b.metric, b.sum, b.count) for b in decoded.batch.metrics] == [("a", 3.0, 1.0), ("d", 1.0, 1.0)]
    assert decoded.rejected == 7


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{", "JSON"),
        (b"", "JSON"),
        (b"\xff\xfe", "JSON"),
        (b"[]", "the body must be an object"),
        (b"{}", "series must be an array"),
        (b'{"series": 5}', "series must be an array"),
        (b'{"series": [{"metric": "a"}]}', r"series\[0\]: points must be an array"),
        (b'{"series": [{"metric": "a", "points": [[1]]}]}', r"points\[0\]"),
        (b'{"series": [{"metric": "a", "points": [{"timestamp": 1e999, "value": 1}]}]}', "JSON"),
        (b'{"series": ' + b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_body_of_which_nothing_can_be_used_is_refused_with_the_place(body: bytes, where: str) -> None:
    with pytest.raises(InputError, match=where):
        decode(V2, body)


@pytest.mark.parametrize("number", [True, None, [], {}, "nan", "inf", "1e999", 10**400, "x" * 1000])
def test_a_value_that_is_no_finite_number_is_refused(number: Any) -> None:
    raw = str(number).encode() if isinstance(number, int) and not isinstance(number, bool) else as_body(number)
    with pytest.raises(DecodeError):
        decode(V1, b'{"series": [{"metric": "a", "points": [[%d, %s]]}]}' % (NOW_S, raw))


def test_the_same_payload_has_the_same_digest_and_another_one_another() -> None:
    digests = [batch_of(path, body).digest for path, body in [(V2, series()), (V2, series()), (V2, series(type=1))]]
    assert digests[0] == digests[1] != digests[2]
    assert len(digests[0]) == 16


def test_the_protobuf_form_of_series_v2_means_what_its_json_form_means() -> None:
    point = bytes_field(4, double_field(1, 2.5) + number_field(2, NOW_S))
    resource = bytes_field(1, bytes_field(1, b"host") + bytes_field(2, b"web-1"))
    one = resource + bytes_field(2, b"shop.load") + bytes_field(3, b"env:test") + point + number_field(5, 1)
    one += bytes_field(6, b"byte") + bytes_field(7, b"x") + number_field(8, 10) + bytes_field(9, b"\x08\x01")
    json_form = series(
        type=1,
        unit="byte",
        interval=10,
        tags=["env:test"],
        resources=[{"type": "host", "name": "web-1"}],
        points=[{"timestamp": NOW_S, "value": 2.5}],
    )
    assert one_bucket(V2, bytes_field(1, one), content_type=PROTOBUF) == one_bucket(V2, json_form)


@pytest.mark.parametrize(
    "body",
    [
        b"\x0a",
        b"\x0a\x05ab",
        b"\x0b",
        b"\x80" * 20,
        b"\x00\x00",
        number_field(1, 5),
        bytes_field(1, b"\x12\x02\xff\xff"),
    ],
)
def test_broken_protobuf_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(V2, body, content_type=PROTOBUF)


def test_distribution_points_keep_their_values() -> None:
    body = {"series": [{"metric": "d", "points": [[NOW_S, [1, 2.5]], [NOW_S + 3, [4]], [NOW_S, ["x"]]], "host": "h"}]}
    decoded = decode(DISTRIBUTION, body)
    bucket = one_bucket(DISTRIBUTION, body)
    assert (bucket.type, bucket.values, bucket.tags) == ("distribution", [1.0, 2.5, 4.0], ("host:h",))
    assert (bucket.count, bucket.sum, bucket.min, bucket.max, bucket.last) == (3.0, 7.5, 1.0, 4.0, 4.0)
    assert (decoded.rejected, decoded.reply.status, decoded.reply.body) == (1, 202, b'{"status":"ok"}')


def sketch(keys: list[int], counts: list[int], *, packed: bool = True, count: int | None = None) -> bytes:
    total = sum(counts) if count is None else count
    head = number_field(1, NOW_S) + number_field(2, total)
    head += double_field(3, 0.5) + double_field(4, 9.0) + double_field(5, 2.0) + double_field(6, 20.0)
    if packed:
        bins = bytes_field(7, b"".join(varint(zigzag(k)) for k in keys)) + bytes_field(8, b"".join(map(varint, counts)))
    else:
        bins = b"".join(number_field(7, zigzag(k)) for k in keys) + b"".join(number_field(8, n) for n in counts)
    return bytes_field(7, head + bins)


def sketch_series(*sketches: bytes) -> bytes:
    return bytes_field(1, bytes_field(1, b"lat") + bytes_field(2, b"web") + bytes_field(4, b"a:b") + b"".join(sketches))


@pytest.mark.parametrize("packed", [True, False])
def test_a_sketch_becomes_values_with_weights_and_its_exact_statistics(packed: bool) -> None:
    bucket = one_bucket(SKETCHES, sketch_series(sketch([1338, 1380], [7, 3], packed=packed)), content_type=PROTOBUF)
    assert (bucket.metric, bucket.type, bucket.tags) == ("lat", "distribution", ("a:b", "host:web"))
    assert (bucket.count, bucket.sum, bucket.min, bucket.max) == (10.0, 20.0, 0.5, 9.0)
    assert bucket.weights == [7, 3]
    assert bucket.values == pytest.approx([1.0, math.exp(42 * math.log1p(1 / 64))], rel=0.01)


def test_keys_of_a_sketch_are_signed_and_zero_is_zero() -> None:
    assert value_of_key(0) == 0.0
    assert value_of_key(-1338) == -value_of_key(1338)
    assert math.isfinite(value_of_key(32767))


def test_a_sketch_of_a_billion_values_stays_within_what_the_engine_can_repeat() -> None:
    bucket = one_bucket(
        SKETCHES, sketch_series(sketch([1338, 1380], [700_000_000, 300_000_000])), content_type=PROTOBUF
    )
    assert (bucket.count, bucket.weights) == (1e9, [MAX_TOTAL_WEIGHT * 7 // 10, MAX_TOTAL_WEIGHT * 3 // 10])


@pytest.mark.parametrize(
    "bad", [sketch([], []), sketch([1, 2], [1]), sketch([1], [1], count=-1), sketch([1], [1 << 40])]
)
def test_a_sketch_that_contradicts_itself_is_refused_and_the_others_go_on(bad: bytes) -> None:
    with pytest.raises(DecodeError):
        decode(SKETCHES, sketch_series(bad), content_type=PROTOBUF)
    assert decode(SKETCHES, sketch_series(bad, sketch([1], [1])), content_type=PROTOBUF).rejected == 1


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd1", zstd.compress), ("zstd", zstd.compress)],
)
def test_every_content_encoding_of_the_clients_is_undone(encoding: str, compress: Any) -> None:
    intake = Intake()
    for path in (V2, V1):
        points = [[NOW_S, 1]] if path == V1 else [{"timestamp": NOW_S, "value": 1}]
        assert intake.post(path, compress(as_body(series(points=points))), content_encoding=encoding).status == 202
    assert [b.metric for batch in intake.consumer.batches for b in batch.metrics] == ["shop.load", "shop.load"]


def test_replies_and_errors_are_those_of_the_intake() -> None:
    intake = Intake()
    accepted = intake.post(V2, series())
    assert (accepted.status, accepted.body) == (202, b'{"errors":[]}')
    accepted = intake.post(V1, series(points=[[NOW_S, 1]]), content_type="text/json")
    assert (accepted.status, accepted.body) == (202, b'{"status":"ok"}')
    refused = intake.post(V2, b"{")
    assert refused.status == 400
    assert refused.body.startswith(b'{"errors":["the body is not valid JSON')
    assert intake.counted("undecodable") == 1


def test_bodies_over_datadogs_sizes_are_refused() -> None:
    intake = Intake()
    big = as_body(series(tags=["x" * 600_000]))
    assert intake.post(V2, big).status == 413
    assert intake.post(V2, gzip.compress(big), content_encoding="gzip").status == 202
    assert intake.post(V2, gzip.compress(b" " * 6_000_000), content_encoding="gzip").status == 413
    with pytest.raises(TooLargeError):
        decode(V1, b" " * 3_300_000)

"""Sketch intake of the agent: `/api/beta/sketches`, protobuf SketchPayload. Source: DATADOG.md 1.4 and 3.10."""

import math
from typing import Any, Final

import msgspec

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.datadog_intake.body import Refusals, as_metric_name, check_sent_bytes, is_timely
from lrcp.ingest.receivers.datadog_intake.points import (
    MAX_FUTURE_S,
    MAX_PAST_S,
    SeriesHead,
    finite,
    sketch_bucket,
    stored_tags,
)
from lrcp.ingest.receivers.datadog_intake.protobuf import (
    BYTES,
    FIXED64,
    VARINT,
    as_double,
    as_signed,
    as_string,
    as_zigzag,
    expect,
    read_fields,
    read_varints,
)
from lrcp.ingest.receivers.datadog_intake.replies import ACCEPTED_EMPTY
from lrcp.ingest.receivers.datadog_intake.series import MAX_SENT_BYTES_V1, decode_each
from lrcp.model.errors import InputError
from lrcp.model.metric import MetricBucket

_GAMMA: Final = 1 + 2 / 128
_LN_GAMMA: Final = math.log1p(2 / 128)
_MIN_VALUE: Final = 1e-9
_BIAS: Final = 1 - math.floor(math.log(_MIN_VALUE) / _LN_GAMMA)
_INFINITE_KEY: Final = 32_767
_MAX_COUNT: Final = 1 << 53


class Dogsketch(msgspec.Struct):
    """One sketch: a moment, exact side statistics, and bins of (key, count)."""

    time_s: int = 0
    count: int = 0
    min: float = 0.0
    max: float = 0.0
    avg: float = 0.0
    sum: float = 0.0
    keys: list[int] = []
    counts: list[int] = []


def decode_sketches(request: Request) -> Decoded:
    """Sketches. Raises: InputError - not decodable, or none of its series is."""
    check_sent_bytes(request, MAX_SENT_BYTES_V1)
    series = []
    for number, wire, value in read_fields(request.body):
        if number == 1:
            expect(wire, BYTES, "sketches")
            series.append(value)
    return decode_each(request, series, _read_series, Reply(202, ACCEPTED_EMPTY))


def value_of_key(key: int) -> float:
    """The value in the middle of a bin. Keys of negative values are negative; 0 holds what is too small to tell from 0."""
    if not key:
        return 0.0
    size = min(abs(key), _INFINITE_KEY - 1)
    value = math.exp((size - _BIAS) * _LN_GAMMA) * (1 + _GAMMA) / 2
    return math.copysign(value, key)


def _read_series(data: Any, now_ns: int, refusals: Refusals) -> list[MetricBucket]:
    head, host, raw_sketches, tags = SeriesHead("", "distribution"), "", [], []
    for number, wire, value in read_fields(data):
        if number in (1, 2, 4, 7):
            expect(wire, BYTES, "a field of a sketch series")
        if number == 1:
            head.metric = as_string(value)
        elif number == 2:
            host = as_string(value)
        elif number == 4:
            tags.append(as_string(value))
        elif number == 7:
            raw_sketches.append(value)
    head.metric = as_metric_name(head.metric)
    head.tags = stored_tags(tags, host)
    return _read_sketches(head, raw_sketches, now_ns, refusals)


def _read_sketches(head: SeriesHead, raw: list[bytes], now_ns: int, refusals: Refusals) -> list[MetricBucket]:
    buckets = []
    for index, data in enumerate(raw):
        try:
            sketch = _read_sketch(data)
        except InputError as error:
            refusals.note_wrong(f"{head.metric} dogsketches[{index}]", error)
            continue
        if is_timely(sketch.time_s, now_ns, past_s=MAX_PAST_S, future_s=MAX_FUTURE_S):
            buckets.append(_bucket_of(head, sketch))
        else:
            refusals.note_untimely()
    return buckets


_DOUBLES: Final = {3: "min", 4: "max", 5: "avg", 6: "sum"}


def _read_sketch(data: bytes) -> Dogsketch:
    """One Dogsketch. Raises: InputError - bins and counts do not match, or a number is out of range."""
    sketch = Dogsketch()
    for number, wire, value in read_fields(data):
        if number in (1, 2):
            expect(wire, VARINT, "a sketch's time or count")
            setattr(sketch, "time_s" if number == 1 else "count", as_signed(value))
        elif number in _DOUBLES:
            expect(wire, FIXED64, _DOUBLES[number])
            setattr(sketch, _DOUBLES[number], finite(as_double(value)))
        elif number == 7:
            sketch.keys += [as_zigzag(key) for key in _numbers(wire, value)]
        elif number == 8:
            sketch.counts += _numbers(wire, value)
    if not sketch.keys or len(sketch.keys) != len(sketch.counts):
        raise InputError("a sketch needs as many counts as keys, and at least one")
    if not 0 < sketch.count < _MAX_COUNT or not all(0 <= count < 1 << 32 for count in sketch.counts):
        raise InputError("a sketch's counts are out of range")
    return sketch


def _numbers(wire: int, value: Any) -> list[int]:
    """A repeated number: packed, or one at a time."""
    return [value] if wire == VARINT else read_varints(value)


def _bucket_of(head: SeriesHead, sketch: Dogsketch) -> MetricBucket:
    values = [min(max(value_of_key(key), sketch.min), sketch.max) for key in sketch.keys]
    bucket = sketch_bucket(head, sketch.time_s, values, [max(1, count) for count in sketch.counts])
    bucket.count, bucket.sum = float(sketch.count), sketch.sum
    bucket.min, bucket.max = sketch.min, sketch.max
    return bucket

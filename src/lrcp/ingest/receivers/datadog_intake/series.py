"""Metrics intake: `/api/v2/series` (JSON, protobuf) and `/api/v1/series` (JSON)."""

from collections.abc import Callable
from typing import Any, Final

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.datadog_intake.body import (
    Refusals,
    as_interval_s,
    as_list,
    as_metric_name,
    as_number,
    as_object,
    as_tags,
    as_text,
    check_sent_bytes,
    parse_json,
)
from lrcp.ingest.receivers.datadog_intake.points import Buckets, SeriesHead, stored_tags
from lrcp.ingest.receivers.datadog_intake.replies import ACCEPTED_NO_ERRORS, ACCEPTED_OK
from lrcp.ingest.receivers.datadog_intake.series_protobuf import read_payload
from lrcp.model.batch import Batch
from lrcp.model.errors import InputError
from lrcp.model.ids import payload_digest
from lrcp.model.metric import MetricBucket

MAX_SENT_BYTES_V2: Final = 512_000
MAX_SENT_BYTES_V1: Final = 3_200_000
PROTOBUF_TYPES: Final = frozenset({"application/x-protobuf", "application/protobuf"})
_TYPES_V2: Final = {0: "gauge", 1: "count", 2: "rate", 3: "gauge"}
_TYPES_V1: Final = {"": "gauge", "gauge": "gauge", "count": "count", "counter": "count", "rate": "rate"}

SeriesReader = Callable[[Any, int, Refusals], list[MetricBucket]]


def decode_series_v2(request: Request) -> Decoded:
    """Series v2. Raises: InputError - not decodable, or none of its series is."""
    check_sent_bytes(request, MAX_SENT_BYTES_V2)
    if request.content_type() in PROTOBUF_TYPES:
        series = read_payload(request.body)
    else:
        series = series_of(parse_json(request.body))
    return decode_each(request, series, _read_series_v2, Reply(202, ACCEPTED_NO_ERRORS))


def decode_series_v1(request: Request) -> Decoded:
    """Series v1. Raises: InputError - not decodable, or none of its series is."""
    check_sent_bytes(request, MAX_SENT_BYTES_V1)
    return decode_each(request, series_of(parse_json(request.body)), _read_series_v1, Reply(202, ACCEPTED_OK))


def series_of(payload: Any) -> list[Any]:
    """The list in `{"series": [...]}`. Raises: InputError."""
    return as_list(as_object(payload, "the body").get("series"), "series")


def decode_each(request: Request, series: list[Any], read: SeriesReader, reply: Reply) -> Decoded:
    """Read every series; wrong ones are refused and the others go on.

    Raises: DecodeError - there was no other one.
    """
    refusals, buckets = Refusals(), []
    for index, one in enumerate(series):
        try:
            buckets += read(one, request.received_ns, refusals)
        except InputError as error:
            refusals.note_wrong(f"series[{index}]", error)
    refusals.raise_if_nothing_else(len(buckets))
    digest = payload_digest(request.path.encode(), request.body)
    batch = Batch(metrics=buckets, digest=digest, size_bytes=len(request.body))
    return Decoded(reply, batch, refusals.count)


def _read_series_v2(one: Any, now_ns: int, refusals: Refusals) -> list[MetricBucket]:
    series = as_object(one, "a series")
    code = series.get("type") or 0
    kind = _TYPES_V2.get(code) if isinstance(code, int) else None
    if kind is None:
        raise InputError("type must be 0, 1, 2 or 3")
    head = SeriesHead(as_metric_name(series.get("metric")), kind)
    head.tags = stored_tags([*as_tags(series.get("tags")), *_resource_tags(series.get("resources"))])
    head.interval_s = as_interval_s(series.get("interval"))
    head.unit = as_text(series.get("unit"), "unit")
    return _read_points(head, series.get("points"), _point_v2, now_ns, refusals)


def _resource_tags(value: Any) -> list[str]:
    """Resources as tags `type:name`; the one of type host is the series' host."""
    tags = []
    for resource in as_list(value, "resources") if value is not None else []:
        fields = as_object(resource, "a resource")
        kind, name = as_text(fields.get("type"), "resource type"), as_text(fields.get("name"), "resource name")
        if kind and name:
            tags.append(f"{kind}:{name}")
    return tags


def _point_v2(point: Any) -> tuple[float, float]:
    fields = as_object(point, "a point")
    return as_number(fields.get("timestamp"), "timestamp"), as_number(fields.get("value"), "value")


def _read_series_v1(one: Any, now_ns: int, refusals: Refusals) -> list[MetricBucket]:
    series = as_object(one, "a series")
    kind = _TYPES_V1.get(as_text(series.get("type"), "type"))
    if kind is None:
        raise InputError("type must be gauge, count or rate")
    host, device = as_text(series.get("host"), "host"), as_text(series.get("device"), "device")
    head = SeriesHead(
        as_metric_name(series.get("metric")), kind, stored_tags(as_tags(series.get("tags")), host, device)
    )
    head.interval_s = as_interval_s(series.get("interval"))
    head.unit = as_text(series.get("unit"), "unit")
    return _read_points(head, series.get("points"), _point_v1, now_ns, refusals)


def _point_v1(point: Any) -> tuple[float, float]:
    pair = as_list(point, "a point")
    if len(pair) != 2:
        raise InputError("a point must be [timestamp, value]")
    return as_number(pair[0], "timestamp"), as_number(pair[1], "value")


def _read_points(
    head: SeriesHead, points: Any, read: Callable[[Any], tuple[float, float]], now_ns: int, refusals: Refusals
) -> list[MetricBucket]:
    """Buckets of a series' points; wrong points are refused one by one."""
    buckets = Buckets(head, now_ns)
    for index, point in enumerate(as_list(points, "points")):
        try:
            buckets.add(*read(point))
        except InputError as error:
            refusals.note_wrong(f"{head.metric} points[{index}]", error)
    refusals.note_untimely(buckets.untimely)
    return buckets.take()

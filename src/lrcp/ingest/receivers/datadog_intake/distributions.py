"""Distribution intake: `/api/v1/distribution_points`, series of `[timestamp, [value, ...]]`."""

from typing import Any

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.datadog_intake.body import (
    Refusals,
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
from lrcp.ingest.receivers.datadog_intake.replies import ACCEPTED_OK
from lrcp.ingest.receivers.datadog_intake.series import MAX_SENT_BYTES_V1, decode_each, series_of
from lrcp.model.errors import InputError
from lrcp.model.metric import MetricBucket


def decode_distributions(request: Request) -> Decoded:
    """Distribution points. Raises: InputError - not decodable, or none of its series is."""
    check_sent_bytes(request, MAX_SENT_BYTES_V1)
    return decode_each(request, series_of(parse_json(request.body)), _read_series, Reply(202, ACCEPTED_OK))


def _read_series(one: Any, now_ns: int, refusals: Refusals) -> list[MetricBucket]:
    series = as_object(one, "a series")
    host, device = as_text(series.get("host"), "host"), as_text(series.get("device"), "device")
    tags = stored_tags(as_tags(series.get("tags")), host, device)
    head = SeriesHead(as_metric_name(series.get("metric")), "distribution", tags)
    buckets = Buckets(head, now_ns)
    for index, point in enumerate(as_list(series.get("points"), "points")):
        try:
            buckets.add_values(*_read_point(point))
        except InputError as error:
            refusals.note_wrong(f"{head.metric} points[{index}]", error)
    refusals.note_untimely(buckets.untimely)
    return buckets.take()


def _read_point(point: Any) -> tuple[float, list[float]]:
    pair = as_list(point, "a point")
    if len(pair) != 2:
        raise InputError("a point must be [timestamp, [values]]")
    values = [as_number(value, "a value") for value in as_list(pair[1], "a point's values")]
    return as_number(pair[0], "timestamp"), values

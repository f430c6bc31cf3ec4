"""MetricPayload, the protobuf form of `/api/v2/series`, as the same plain values that its JSON form has."""

from typing import Any, Final

from lrcp.ingest.receivers.datadog_intake.protobuf import (
    BYTES,
    FIXED64,
    VARINT,
    as_double,
    as_signed,
    as_string,
    expect,
    read_fields,
)

_SERIES: Final = 1
_TEXTS: Final = {2: "metric", 6: "unit", 7: "source_type_name"}
_NUMBERS: Final = {5: "type", 8: "interval"}
_RESOURCES, _TAGS, _POINTS = 1, 3, 4


def read_payload(body: bytes) -> list[dict[str, Any]]:
    """The series of a MetricPayload. Raises: DecodeError."""
    series = []
    for number, wire, value in read_fields(body):
        if number == _SERIES:
            expect(wire, BYTES, "series")
            series.append(_read_series(value))
    return series


def _read_series(data: bytes) -> dict[str, Any]:
    one: dict[str, Any] = {"resources": [], "tags": [], "points": []}
    for number, wire, value in read_fields(data):
        if number in _TEXTS:
            expect(wire, BYTES, _TEXTS[number])
            one[_TEXTS[number]] = as_string(value)
        elif number in _NUMBERS:
            expect(wire, VARINT, _NUMBERS[number])
            one[_NUMBERS[number]] = as_signed(value)
        elif number == _TAGS:
            expect(wire, BYTES, "tags")
            one["tags"].append(as_string(value))
        elif number == _RESOURCES:
            expect(wire, BYTES, "resources")
            one["resources"].append(_read_resource(value))
        elif number == _POINTS:
            expect(wire, BYTES, "points")
            one["points"].append(_read_point(value))
    return one


def _read_resource(data: bytes) -> dict[str, str]:
    resource = {}
    for number, wire, value in read_fields(data):
        if number in (1, 2):
            expect(wire, BYTES, "resource")
            resource["type" if number == 1 else "name"] = as_string(value)
    return resource


def _read_point(data: bytes) -> dict[str, float]:
    """A point; protobuf leaves out what is 0."""
    point: dict[str, float] = {"value": 0.0, "timestamp": 0}
    for number, wire, value in read_fields(data):
        if number == 1:
            expect(wire, FIXED64, "point value")
            point["value"] = as_double(value)
        elif number == 2:
            expect(wire, VARINT, "point timestamp")
            point["timestamp"] = as_signed(value)
    return point

"""OTLP's JSON form: hex ids, integers as strings, nulls; the same records as from protobuf."""

import json
from typing import Any

import pytest

from lrcp.model.errors import DecodeError
from tests.wire.otlp.bodies import SPAN_ID, START_NS, TRACE_ID, Decoders, one_span


def trace_body(attributes: list[Any], **fields: Any) -> dict[str, Any]:
    span = {
        "traceId": TRACE_ID.hex().upper(),
        "spanId": SPAN_ID.hex(),
        "name": "call",
        "kind": 3,
        "startTimeUnixNano": str(START_NS),
        "endTimeUnixNano": START_NS + 1_000_000_000,
        "attributes": attributes,
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]}
    scope_spans = [{"scope": {"name": "lib"}, "spans": [span | fields]}]
    return {"resourceSpans": [{"resource": resource, "scopeSpans": scope_spans}]}


def test_a_span_reads_the_same_in_both_forms() -> None:
    attributes = [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "12"}},
        {"key": "gen_ai.response.time_to_first_chunk", "value": {"doubleValue": 0.5}},
        {"key": "list", "value": {"arrayValue": {"values": [{"boolValue": True}, {"stringValue": ""}]}}},
        {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 1}}]}}},
        {"key": "raw", "value": {"bytesValue": "/w=="}},
    ]
    body = trace_body(attributes, events=[{"name": "exception", "attributes": []}], status={"code": 2, "message": "m"})
    (span,) = Decoders().json("/v1/traces", body).batch.spans
    assert span == one_span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.usage.input_tokens": 12,
            "gen_ai.response.time_to_first_chunk": 0.5,
            "list": [True, ""],
            "map": {"k": 1},
            "raw": b"\xff",
        },
        kind=3,
        resource={"service.name": "shop"},
        scope="lib",
        status={"code": 2, "message": "m"},
    )


@pytest.mark.parametrize("wrong", ["", "xyz", "00" * 16, "ab" * 8, 7, None, "AAECAwQFBgcICQoLDA0ODw=="])
def test_a_trace_id_that_is_not_32_hex_digits_refuses_the_span(wrong: Any) -> None:
    taken = Decoders().json("/v1/traces", trace_body([], traceId=wrong))
    assert (len(taken.batch.spans), taken.refusals.count) == (0, 1)


def test_a_parent_that_is_not_hex_does_not_make_a_root() -> None:
    taken = Decoders().json("/v1/traces", trace_body([], parentSpanId="nothex"))
    assert (len(taken.batch.spans), taken.refusals.count) == (0, 1)
    (span,) = Decoders().json("/v1/traces", trace_body([], parentSpanId="")).batch.spans
    assert span.parent_id == ""


def test_null_means_unset_anywhere() -> None:
    body = trace_body([{"key": "a", "value": {"stringValue": None}}], parentSpanId=None, events=None, status=None)
    (span,) = Decoders().json("/v1/traces", body).batch.spans
    assert (span.parent_id, span.status, span.tags["a"]) == ("", "ok", "")


def test_unknown_fields_are_ignored() -> None:
    body = trace_body([], flags=1, somethingNew={"a": [1]}) | {"more": 1}
    assert len(Decoders().json("/v1/traces", body).batch.spans) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"resourceSpans": 1}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": "-1"}]}]}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"kind": "SPAN_KIND_SERVER"}]}]}]}',
        b'{"resourceSpans": "\xff"}',
        b'{"a":' * 100_000,
    ],
)
def test_a_body_of_another_shape_is_undecodable(body: bytes) -> None:
    with pytest.raises(DecodeError):
        Decoders().json("/v1/traces", body)


def test_a_value_nested_too_deeply_is_cut_or_refused_but_does_not_crash() -> None:
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(100):
        value = {"arrayValue": {"values": [value]}}
    (span,) = Decoders().json("/v1/traces", trace_body([{"key": "deep", "value": value}])).batch.spans
    assert "[cut]" in span.tags["deep"]


def test_metrics_and_logs_come_as_json_too() -> None:
    metrics = (
        Decoders()
        .json(
            "/v1/metrics",
            {
                "resourceMetrics": [
                    {
                        "scopeMetrics": [
                            {
                                "metrics": [
                                    {
                                        "name": "m",
                                        "gauge": {"dataPoints": [{"asInt": "7", "timeUnixNano": str(START_NS)}]},
                                    },
                                    {
                                        "name": "h",
                                        "histogram": {
                                            "aggregationTemporality": 1,
                                            "dataPoints": [
                                                {
                                                    "timeUnixNano": str(START_NS),
                                                    "count": "2",
                                                    "sum": 3.0,
                                                    "bucketCounts": ["1", "1"],
                                                    "explicitBounds": [1],
                                                }
                                            ],
                                        },
                                    },
                                ]
                            }
                        ]
                    }
                ]
            },
        )
        .batch.metrics
    )
    assert [(bucket.metric, bucket.type, bucket.sum) for bucket in metrics] == [
        ("m", "gauge", 7.0),
        ("h", "distribution", 3.0),
    ]
    record = {"timeUnixNano": str(START_NS), "body": {"stringValue": "hi"}, "traceId": TRACE_ID.hex()}
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    (log,) = Decoders().json("/v1/logs", json.dumps(body).encode()).batch.logs
    assert (log.message, log.trace_id) == ("hi", TRACE_ID.hex())

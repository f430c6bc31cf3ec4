"""OTLP bodies for tests, built with OpenTelemetry's own messages, and what the decoders make of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from lrcp.ingest.receivers.otlp.signals import JSON, PROTOBUF, Signal, otlp_signals
from lrcp.ingest.receivers.otlp.taken import Taken
from lrcp.model.span import Span

TRACE_ID = bytes.fromhex("5b8efff798038103d269b633813fc60c")
SPAN_ID = bytes.fromhex("eee19b7ec3c1b174")
START_NS = 1_760_000_000_000_000_000
SECOND_NS = 1_000_000_000
Attributes = Mapping[str, Any]


def any_value(value: Any) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, bytes):
        return AnyValue(bytes_value=value)
    made = AnyValue()
    if isinstance(value, dict):
        made.kvlist_value.values.extend(key_values(value))
    else:
        made.array_value.values.extend(any_value(item) for item in value)
    return made


def key_values(attributes: Attributes) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def trace_request(
    attributes: Attributes | None = None,
    *,
    resource: Attributes | None = None,
    scope: str = "",
    events: Sequence[tuple[str, Attributes]] = (),
    **fields: Any,
) -> ExportTraceServiceRequest:
    """A request with one span of one second; events are half a second in."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(key_values(resource or {}))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = scope
    given = {"trace_id": TRACE_ID, "span_id": SPAN_ID, "name": "call", "start_time_unix_nano": START_NS} | fields
    span = scope_spans.spans.add(end_time_unix_nano=START_NS + SECOND_NS, **given)
    span.attributes.extend(key_values(attributes or {}))
    for name, event_attributes in events:
        event = span.events.add(name=name, time_unix_nano=START_NS + SECOND_NS // 2)
        event.attributes.extend(key_values(event_attributes))
    return request


def metric_request(*metrics: Mapping[str, Any], resource: Attributes | None = None) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    resource_metrics = request.resource_metrics.add()
    resource_metrics.resource.attributes.extend(key_values(resource or {}))
    scope_metrics = resource_metrics.scope_metrics.add()
    for metric in metrics:
        scope_metrics.metrics.add(**metric)
    return request


def log_request(*records: Mapping[str, Any], resource: Attributes | None = None) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    resource_logs = request.resource_logs.add()
    resource_logs.resource.attributes.extend(key_values(resource or {}))
    scope_logs = resource_logs.scope_logs.add()
    for record in records:
        scope_logs.log_records.add(**record)
    return request


class Decoders:
    """The three decoders with a memory of their own; watching since START_NS."""

    def __init__(self) -> None:
        self._signals: dict[str, Signal] = {signal.path: signal for signal in otlp_signals(START_NS)}

    def traces(self, request: Any) -> Taken:
        return self._decode("/v1/traces", request)

    def metrics(self, request: Any) -> Taken:
        return self._decode("/v1/metrics", request)

    def logs(self, request: Any) -> Taken:
        return self._decode("/v1/logs", request)

    def json(self, path: str, body: Any) -> Taken:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._signals[path].decode(raw, JSON, START_NS)

    def _decode(self, path: str, request: Any) -> Taken:
        return self._signals[path].decode(request.SerializeToString(), PROTOBUF, START_NS)


def one_span(attributes: Attributes | None = None, **options: Any) -> Span:
    """What comes out when a request with one such span goes in."""
    taken = Decoders().traces(trace_request(attributes, **options))
    assert taken.refusals.message() == ""
    (span,) = taken.batch.spans
    return span

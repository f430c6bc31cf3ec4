"""Spans as OTLP/HTTP JSON, written without protobuf: attributes by OpenTelemetry's GenAI conventions, and lrcp.* beside them.

Source: opentelemetry-proto's JSON mapping (64-bit integers are strings, ids are hex), GenAI semantic conventions 1.37+.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from lrcp.model.span import Span

SCOPE: Final = "lrcp.gateway"
_CLIENT_KIND: Final = 3
_STATUS_CODE: Final = {"ok": 1, "error": 2}

_TEXT_ATTRIBUTES: Final = (
    ("gen_ai.provider.name", "provider"),
    ("gen_ai.request.model", "model"),
    ("gen_ai.response.model", "response_model"),
    ("gen_ai.input.messages", "input"),
    ("gen_ai.output.messages", "output"),
    ("gen_ai.conversation.id", "session_id"),
    ("session.id", "session_id"),
    ("user.id", "user_id"),
    ("error.type", "error_type"),
    ("lrcp.kind", "kind"),
    ("lrcp.source", "source"),
    ("lrcp.route", "route"),
    ("lrcp.cache", "cache"),
    ("lrcp.cost_source", "cost_source"),
)
_NUMBER_ATTRIBUTES: Final = (
    ("gen_ai.usage.input_tokens", "input_tokens"),
    ("gen_ai.usage.output_tokens", "output_tokens"),
    ("gen_ai.usage.cache_read.input_tokens", "cached_input_tokens"),
    ("gen_ai.usage.cache_creation.input_tokens", "cache_write_tokens"),
    ("gen_ai.usage.reasoning.output_tokens", "reasoning_tokens"),
    ("lrcp.attempts", "attempts"),
    ("lrcp.cost_nusd", "cost_nusd"),
    ("lrcp.ttft_ns", "ttft_ns"),
)

_encode = msgspec.json.Encoder().encode


def encode_span(span: Span) -> bytes:
    """One span as a JSON object of `scopeSpans.spans`."""
    status: dict[str, Any] = {"code": _STATUS_CODE[span.status]}
    if span.error_message:
        status["message"] = span.error_message
    return _encode(
        {
            "traceId": span.trace_id,
            "spanId": span.span_id,
            "parentSpanId": span.parent_id,
            "name": span.name,
            "kind": _CLIENT_KIND,
            "startTimeUnixNano": str(span.start_ns),
            "endTimeUnixNano": str(span.start_ns + span.duration_ns),
            "attributes": list(_attributes(span)),
            "status": status,
        }
    )


def _attributes(span: Span) -> Iterator[dict[str, Any]]:
    yield _text("gen_ai.operation.name", span.name.partition(" ")[0])
    yield _text("url.path", span.resource)
    for key, field in _TEXT_ATTRIBUTES:
        if value := getattr(span, field):
            yield _text(key, value)
    for key, field in _NUMBER_ATTRIBUTES:
        if (number := getattr(span, field)) is not None:
            yield {"key": key, "value": {"intValue": str(number)}}
    if span.finish_reason:
        values = [{"stringValue": reason} for reason in span.finish_reason.split(",")]
        yield {"key": "gen_ai.response.finish_reasons", "value": {"arrayValue": {"values": values}}}
    for key, value in span.tags.items():
        yield _text(key, value)


def _text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


class Envelope:
    """What goes around the spans of one process: the request's beginning and end, encoded once."""

    def __init__(self, service: str, env: str, version: str) -> None:
        named = {"service.name": service, "deployment.environment.name": env, "service.version": version}
        resource = {"attributes": [_text(key, value) for key, value in named.items() if value]}
        scope = {"name": SCOPE, "version": version}
        self._head = b'{"resourceSpans":[{"resource":%b,"scopeSpans":[{"scope":%b,"spans":[' % (
            _encode(resource),
            _encode(scope),
        )

    def wrap(self, spans: Sequence[bytes]) -> bytes:
        """The body of an ExportTraceServiceRequest."""
        return self._head + b",".join(spans) + b"]}]}]}"

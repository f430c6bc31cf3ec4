"""Spans as OTLP/HTTP JSON, written without protobuf: attributes by OpenTelemetry's GenAI conventions, and lrcp.* beside them.

Source: opentelemetry-proto's JSON mapping (64-bit integers are strings, ids are hex), GenAI semantic conventions 1.37+.
"""

from collections.abc import Sequence
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


def _prepared(attributes: tuple[tuple[str, str], ...], kind: bytes) -> tuple[tuple[str, bytes], ...]:
    """(field, the attribute's JSON up to its value), written once: spans are encoded on the path of every request."""
    return tuple((field, b'{"key":%b,"value":{"%b":' % (_encode(key), kind)) for key, field in attributes)


_TEXTS: Final = _prepared(_TEXT_ATTRIBUTES, b"stringValue")
_NUMBERS: Final = _prepared(_NUMBER_ATTRIBUTES, b"intValue")
_SPAN: Final = (
    b'{"traceId":"%b","spanId":"%b","parentSpanId":"%b","name":%b,"kind":%d,"startTimeUnixNano":"%d",'
    b'"endTimeUnixNano":"%d","attributes":[%b],"status":%b}'
)
_STATUS: Final = {status: b'{"code":%d}' % code for status, code in _STATUS_CODE.items()}


def encode_span(span: Span) -> bytes:
    """One span as a JSON object of `scopeSpans.spans`."""
    return _SPAN % (
        span.trace_id.encode(),
        span.span_id.encode(),
        span.parent_id.encode(),
        _encode(span.name),
        _CLIENT_KIND,
        span.start_ns,
        span.start_ns + span.duration_ns,
        b",".join(_attributes(span)),
        _encode_status(span),
    )


def _encode_status(span: Span) -> bytes:
    if not span.error_message:
        return _STATUS[span.status]
    return _encode({"code": _STATUS_CODE[span.status], "message": span.error_message})


def _attributes(span: Span) -> list[bytes]:
    written = [
        _encode_text("gen_ai.operation.name", span.name.partition(" ")[0]),
        _encode_text("url.path", span.resource),
    ]
    for field, head in _TEXTS:
        if value := getattr(span, field):
            written.append(head + _encode(value) + b"}}")
    for field, head in _NUMBERS:
        if (number := getattr(span, field)) is not None:
            written.append(b'%b"%d"}}' % (head, number))
    if span.finish_reason:
        values = [{"stringValue": reason} for reason in span.finish_reason.split(",")]
        written.append(_encode({"key": "gen_ai.response.finish_reasons", "value": {"arrayValue": {"values": values}}}))
    written += [_encode_text(key, value) for key, value in span.tags.items()]
    return written


def _encode_text(key: str, value: str) -> bytes:
    return b'{"key":%b,"value":{"stringValue":%b}}' % (_encode(key), _encode(value))


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

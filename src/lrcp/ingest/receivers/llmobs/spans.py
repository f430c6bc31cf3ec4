"""LLM Observability spans that come on their own: the tracers' events and the public HTTP API."""

import msgspec

from lrcp.ingest.http import Decoded, Reply, Request
from lrcp.ingest.receivers.llmobs.ids import span_id_of, trace_id_of
from lrcp.ingest.receivers.llmobs.mapping import apply_llmobs
from lrcp.ingest.receivers.llmobs.values import find_count, json_text, map_of, tag_pairs, text_of
from lrcp.ingest.receivers.llmobs.wire import (
    DOCUMENT,
    ENVELOPES,
    EVENT,
    PACKED_ENVELOPES,
    PACKED_EVENT,
    WireAttributes,
    WireEnvelope,
    WireEvent,
    decode_json,
    decode_packed,
    find_packed_record,
    find_record,
)
from lrcp.model.batch import Batch
from lrcp.model.errors import DecodeError
from lrcp.model.ids import payload_digest
from lrcp.model.span import Span


def decode_events(request: Request) -> Decoded:
    """Decode the body of `/api/v2/llmobs`: a list of envelopes, each with its spans; dd-trace-java packs it.

    Raises: DecodeError - no JSON or MessagePack of that shape, or it has spans and none of them could be read.
    """
    if request.content_type() == "application/msgpack":
        packed = _spans_within(decode_packed(PACKED_ENVELOPES, request.body))
        events = [find_packed_record(PACKED_EVENT, raw) for raw in packed]
    else:
        events = [find_record(EVENT, raw) for raw in _spans_within(decode_json(ENVELOPES, request.body))]
    return _batch_of(request, [span_of_event(event, request.received_ns) if event else None for event in events])


def _spans_within(envelopes: list[WireEnvelope] | WireEnvelope) -> list[msgspec.Raw]:
    every = envelopes if isinstance(envelopes, list) else [envelopes]
    return [raw for envelope in every for raw in envelope.spans]


def decode_public_spans(request: Request) -> Decoded:
    """Decode the body of the public API: `data.attributes` with spans, and the ml_app, session and tags they share.

    Raises: DecodeError - not such JSON, or it has spans and none of them could be read.
    """
    shared = decode_json(DOCUMENT, request.body).data.attributes
    spans: list[Span | None] = []
    for raw in shared.spans:
        event = find_record(EVENT, raw)
        if event is not None:
            _inherit(event, shared)
        spans.append(span_of_event(event, request.received_ns) if event is not None else None)
    return _batch_of(request, spans)


def span_of_event(event: WireEvent, now_ns: int) -> Span | None:
    """One event as a span, None when it has no usable id or start.

    It waits for its APM view under the APM trace's id where the event names one. The trace id of LLM Observability, by
    which evaluations speak of the trace, stays in the tag `llmobs_trace_id`.
    """
    internal = map_of(event.dd)
    span_id = span_id_of(event.span_id) or span_id_of(internal.get("span_id"))
    trace_id = trace_id_of(internal.get("apm_trace_id")) or trace_id_of(event.trace_id)
    start_ns, duration_ns = find_count(event.start_ns), find_count(event.duration)
    if not span_id or not trace_id or start_ns is None:
        return None
    span = Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=span_id_of(event.parent_id),
        start_ns=start_ns or now_ns,
        duration_ns=duration_ns or 0,
        name="",
        service=text_of(event.service),
        tags={},
        source="llmobs",
        awaits="apm",
    )
    apply_llmobs(span, event)
    _apply_status(span, event)
    span.name = span.name or span.kind
    span.resource = span.name
    if event.collection_errors:
        span.tags["collection_errors"] = json_text(event.collection_errors)
    return span


def _apply_status(span: Span, event: WireEvent) -> None:
    tags = dict(tag_pairs(event.tags))
    if text_of(event.status).lower() == "error" or tags.get("error") == "1" or span.error_type or span.error_message:
        span.status = "error"
        span.error_type = span.error_type or tags.get("error_type", "")
        span.error_message = span.error_message or text_of(event.status_message)


def _inherit(event: WireEvent, shared: WireAttributes) -> None:
    """Give a span of the public API what the request says once for all of them; the span's own word wins."""
    event.ml_app = event.ml_app or shared.ml_app
    event.session_id = event.session_id or shared.session_id
    event.tags = dict([*tag_pairs(shared.tags), *tag_pairs(event.tags)])


def _batch_of(request: Request, spans: list[Span | None]) -> Decoded:
    good = [span for span in spans if span is not None]
    if spans and not good:
        raise DecodeError("no span of the body has a span_id, a trace_id and a start_ns that can be read")
    digest = payload_digest(request.path.encode(), request.body)
    batch = Batch(spans=good, digest=digest, size_bytes=len(request.body))
    return Decoded(Reply(202, b"{}"), batch, len(spans) - len(good))

"""ExportTraceServiceRequest -> spans."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from lrcp.ingest.receivers.otlp.attributes import AttributeReader
from lrcp.ingest.receivers.otlp.conventions import is_mapped
from lrcp.ingest.receivers.otlp.evaluations import read_evaluation
from lrcp.ingest.receivers.otlp.generation import fill_span
from lrcp.ingest.receivers.otlp.limits import MAX_TIME_NS
from lrcp.ingest.receivers.otlp.origin import UNKNOWN_SERVICE, Origin, read_origin, texts
from lrcp.ingest.receivers.otlp.span_events import NO_EVENTS, SpanEvents, links_text, read_events
from lrcp.ingest.receivers.otlp.taken import Arrival, Refusals, RefusedError, Taken
from lrcp.ingest.receivers.otlp.values import as_text, json_text
from lrcp.model.batch import Batch
from lrcp.model.evaluation import Evaluation
from lrcp.model.span import Span

SCOPE_TAG: Final = "otel.scope"
GATEWAY_SCOPE: Final = "lrcp.gateway"

_KINDS: Final = ("internal", "internal", "server", "client", "producer", "consumer")
_NO_TRACE: Final = "0" * 32
_NO_SPAN: Final = "0" * 16
_STATUS_ERROR: Final = 2


def read_traces(read_attributes: AttributeReader) -> Callable[[Any, Arrival], Taken]:
    """The decoder of parsed trace requests; read_attributes fits the form they were parsed from."""

    def read(request: Any, arrival: Arrival) -> Taken:
        taken = Taken(Batch(), Refusals())
        for resource_spans in request.resource_spans:
            origin = read_origin(resource_spans.resource)
            for scope_spans in resource_spans.scope_spans:
                seed = _Seed(origin, scope_spans.scope, read_attributes)
                _read_spans(scope_spans.spans, seed, taken)
        return taken

    return read


class _Seed:
    """What all spans of one scope share."""

    __slots__ = ("env", "read_attributes", "service", "source", "tags", "version")

    def __init__(self, origin: Origin, scope: Any, read_attributes: AttributeReader) -> None:
        self.service = origin.service or UNKNOWN_SERVICE
        self.env, self.version = origin.env, origin.version
        self.tags = dict(origin.attributes)
        if origin.host:
            self.tags["host.name"] = origin.host
        self.tags.update(texts(scope.attributes))
        declared = self.tags.pop("lrcp.source", "")
        self.source = "gateway" if declared == "gateway" or scope.name == GATEWAY_SCOPE else "otlp"
        if scope.name:
            self.tags[SCOPE_TAG] = as_text(scope.name)
        self.read_attributes = read_attributes


def _read_spans(wires: Iterable[Any], seed: _Seed, taken: Taken) -> None:
    spans, evaluations = taken.batch.spans, taken.batch.evaluations
    for wire in wires:
        try:
            spans.append(_read_span(wire, seed, evaluations))
        except RefusedError as error:
            taken.refusals.add(str(error))


def _read_span(wire: Any, seed: _Seed, evaluations: list[Evaluation]) -> Span:
    trace_id, span_id, parent_id = wire.trace_id.hex(), wire.span_id.hex(), wire.parent_span_id.hex()
    if len(trace_id) != 32 or len(span_id) != 16 or trace_id == _NO_TRACE or span_id == _NO_SPAN:
        raise RefusedError("a span needs a trace_id of 16 bytes and a span_id of 8, not all zero")
    if parent_id and (len(parent_id) != 16 or parent_id == _NO_SPAN):
        parent_id = _read_parent(parent_id)
    tags = seed.tags.copy()
    found = seed.read_attributes(wire.attributes, tags)
    start_ns, end_ns, kind = wire.start_time_unix_nano, wire.end_time_unix_nano, wire.kind
    if not start_ns:
        # Without a start there is no duration, and one from 1970 would only be dropped.
        start_ns = end_ns
    span = Span(
        trace_id,
        span_id,
        parent_id,
        start_ns,
        max(0, end_ns - start_ns),
        wire.name,
        seed.service,
        "",
        _KINDS[kind] if 0 <= kind < 6 else "internal",
        "ok",
        "",
        "",
        seed.env,
        seed.version,
        tags=tags,
        source=seed.source,
    )
    _complete(span, wire, found, evaluations)
    if not span.resource:
        span.resource = _resource(span.name, tags)
    return span


def _read_parent(parent_id: str) -> str:
    if parent_id == _NO_SPAN:
        return ""
    raise RefusedError("a span's parent_span_id must be 8 bytes or absent")


def _complete(span: Span, wire: Any, found: dict[str, Any] | None, evaluations: list[Evaluation]) -> None:
    """What only some spans have: mapped attributes, events, links, a status."""
    events = read_events(wire.events) if wire.events else NO_EVENTS
    if events.details:
        found = _with_details(found, events, span.tags)
    if found or events.asked or events.answered or events.first_token_at_ns:
        fill_span(span, found or {}, events)
    if wire.links:
        span.tags["otel.links"] = as_text(links_text(wire.links))
    if wire.trace_state:
        span.tags["w3c.tracestate"] = as_text(wire.trace_state)
    if events is not NO_EVENTS:
        _tag_events(span, events)
        evaluations.extend(_evaluations(span, events))
    status = wire.status
    if status.code == _STATUS_ERROR:
        span.status = "error"
        span.error_type = events.exception_type or span.error_type
        span.error_message = as_text(status.message) or events.exception_message or span.error_message


def _with_details(found: dict[str, Any] | None, events: SpanEvents, tags: dict[str, str]) -> dict[str, Any]:
    """Attributes of the details event count as the span's own, which go first."""
    merged = dict(found or {})
    for key, value in events.details.items():
        if is_mapped(key):
            merged.setdefault(key, value)
        else:
            tags.setdefault(key, as_text(value))
    return merged


def _tag_events(span: Span, events: SpanEvents) -> None:
    """Exceptions also of spans that went well in the end, and events that no column knows."""
    for key, text in (
        ("exception.type", events.exception_type),
        ("exception.message", events.exception_message),
        ("error.stack", events.stack),
    ):
        if text:
            span.tags[key] = text
    if events.others:
        span.tags["otel.events"] = as_text(json_text(events.others))


def _evaluations(span: Span, events: SpanEvents) -> Iterator[Evaluation]:
    for at_ns, attributes in events.evaluations:
        found = read_evaluation(
            attributes,
            time_ns=at_ns if 0 < at_ns <= MAX_TIME_NS else span.start_ns + span.duration_ns,
            trace_id=span.trace_id,
            span_id=span.span_id,
            evaluator=span.tags.get(SCOPE_TAG, ""),
        )
        if found is not None:
            yield found


def _resource(name: str, tags: dict[str, str]) -> str:
    """What the span worked on: method and route of a web request, else its name, as Datadog has it."""
    route = tags.get("http.route")
    if not route:
        return name
    method = tags.get("http.request.method") or tags.get("http.method", "")
    return f"{method} {route}".strip()

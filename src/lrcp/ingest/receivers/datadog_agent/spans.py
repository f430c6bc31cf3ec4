"""A trace agent's span onto the columns of `Span`. This is the hot path of the receiver: few steps, no copies.

The maps of a WireSpan are its own, so known keys are popped out of them and what is left becomes the tags. Keys that
begin with '_' are the tracer's internals and stay out, except the few that say something to a reader.
"""

from typing import Any, Final

from lrcp.ingest.receivers.datadog_agent.generations import complete_generation
from lrcp.ingest.receivers.datadog_agent.wire import WireSpan
from lrcp.ingest.receivers.llmobs.values import cut_text, json_text
from lrcp.model.span import Span

_LOW_64: Final = (1 << 64) - 1
_MAX_INT64: Final = (1 << 63) - 1
_YEAR_2000_NS: Final = 946_684_800_000_000_000
_MAX_SAFE_INTEGER: Final = 1e15
_MAX_RESOURCE_CHARS: Final = 5_000
_MAX_NAME_CHARS: Final = 400

_KIND_OF_SPAN_KIND: Final = {
    "server": "server",
    "client": "client",
    "producer": "producer",
    "consumer": "consumer",
    "internal": "internal",
}
_KIND_OF_TYPE: Final = {
    "web": "server",
    "http": "client",
    "grpc": "client",
    "sql": "client",
    "db": "client",
    "cache": "client",
    "redis": "client",
    "memcached": "client",
    "mongodb": "client",
    "cassandra": "client",
    "elasticsearch": "client",
    "opensearch": "client",
    "dns": "client",
}
"""What a span without `span.kind` is, by its type; every other type is internal."""

_KEPT_INTERNALS: Final = (("_dd.base_service", "base_service"), ("_dd.origin", "origin"))


def build_span(wire: WireSpan, high: str, now_ns: int) -> Span | None:
    """One span, None for one without ids, which the real agent drops too.

    Args:
        high: the high 64 bits of the trace id, 16 hex digits.
        now_ns: when the request arrived; the end of a span whose start is not a time, by the agent's rule.
    """
    if not wire.span_id or not wire.trace_id:
        return None
    meta, start, duration, name = wire.meta, wire.start, wire.duration, wire.name or "unnamed_operation"
    if not (_YEAR_2000_NS <= start <= _MAX_INT64 and 0 <= duration <= _MAX_INT64 - start):
        duration = duration if 0 <= duration < now_ns else 0
        start = start if _YEAR_2000_NS <= start <= _MAX_INT64 else now_ns - duration
    pop, parent_id = meta.pop, wire.parent_id
    span = Span(
        trace_id=f"{high}{wire.trace_id & _LOW_64:016x}",
        span_id=f"{wire.span_id & _LOW_64:016x}",
        parent_id=f"{parent_id & _LOW_64:016x}" if parent_id else "",
        start_ns=start,
        duration_ns=duration,
        name=name,
        service=wire.service or "unnamed-service",
        resource=wire.resource or name,
        kind=_KIND_OF_SPAN_KIND.get(pop("span.kind", "")) or _KIND_OF_TYPE.get(wire.type, "internal"),
        status="error" if wire.error else "ok",
        env=pop("env", ""),
        version=pop("version", ""),
        user_id=pop("usr.id", ""),
        session_id=meta.get("_dd.p.llmobs_sid", ""),
        source="ddtrace",
    )
    if wire.error:
        span.error_type = pop("error.type", "")
        span.error_message = pop("error.message", "") or pop("error.msg", "")
    span.tags = _tags_of(wire, meta)
    if len(span.resource) > _MAX_RESOURCE_CHARS or len(name) > _MAX_NAME_CHARS or len(span.service) > _MAX_NAME_CHARS:
        _cut_names(span)
    if wire.type == "llm" or "gen_ai.operation.name" in meta or wire.meta_struct:
        complete_generation(span, wire)
    return span


def _tags_of(wire: WireSpan, meta: dict[str, str]) -> dict[str, str]:
    tags = {key: text for key, text in meta.items() if key[:1] != "_"}
    for key, number in wire.metrics.items():
        if key[:1] != "_":
            whole = -_MAX_SAFE_INTEGER < number < _MAX_SAFE_INTEGER and number.is_integer()
            tags[key] = str(int(number)) if whole else repr(number)
    for internal, key in _KEPT_INTERNALS:
        if internal in meta:
            tags[key] = meta[internal]
    if wire.type:
        tags["span.type"] = wire.type
    if wire.span_links or wire.span_events:
        _keep_links(tags, wire.span_links, wire.span_events)
    return tags


def _keep_links(tags: dict[str, str], links: Any, events: Any) -> None:
    if links:
        tags["span_links"] = cut_text(json_text(links), 64 * 1024)
    if events:
        tags["span_events"] = cut_text(json_text(events), 64 * 1024)


def _cut_names(span: Span) -> None:
    span.resource = cut_text(span.resource, _MAX_RESOURCE_CHARS)
    span.name = cut_text(span.name, _MAX_NAME_CHARS)
    span.service = cut_text(span.service, _MAX_NAME_CHARS)

"""v0.5: a string table and spans whose texts are places in it."""

from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.datadog_agent.tolerant import lenient_text, whole_of
from lrcp.ingest.receivers.datadog_agent.wire import WireIndexedSpan, WireSpan
from lrcp.ingest.receivers.llmobs.wire import UNDECODABLE
from lrcp.model.errors import DecodeError

_STRICT: Final = msgspec.msgpack.Decoder(tuple[list[str], list[list[WireIndexedSpan]]])
_RAW: Final = msgspec.msgpack.Decoder(tuple[list[msgspec.Raw], list[list[msgspec.Raw]]])
_ONE: Final = msgspec.msgpack.Decoder(WireIndexedSpan)
_LOOSE: Final = msgspec.msgpack.Decoder(tuple[Any, ...])
_FIELDS: Final = 12


def read_indexed(body: bytes) -> list[list[WireSpan | None]]:
    """Chunks of spans, None for a span that names a place outside the table or is no list of twelve values.

    Raises: DecodeError - the body is not a pair of a string table and a list of lists.
    """
    try:
        strings, chunks = _STRICT.decode(body)
        return [[_look_up(span, strings) for span in chunk] for chunk in chunks]
    except UNDECODABLE:
        pass  # an odd span, or a broken frame: the slow path below tells which
    try:
        raw_strings, raw_chunks = _RAW.decode(body)
    except UNDECODABLE as error:
        raise DecodeError(f"the body is not a pair of a string table and traces: {error}") from error
    strings = [lenient_text(raw) for raw in raw_strings]
    return [[_read_odd(raw, strings) for raw in chunk] for chunk in raw_chunks]


def _look_up(span: WireIndexedSpan, strings: list[str]) -> WireSpan | None:
    """The span with its texts. A negative place would silently count from the end, so it is refused like one beyond."""
    places = (span.service, span.name, span.resource, span.type, *span.meta, *span.meta.values(), *span.metrics)
    if min(places) < 0 or max(places) >= len(strings):
        return None
    return WireSpan(
        strings[span.service],
        strings[span.name],
        strings[span.resource],
        span.trace_id,
        span.span_id,
        span.parent_id,
        span.start,
        span.duration,
        span.error,
        {strings[key]: strings[text] for key, text in span.meta.items()},
        {strings[key]: number for key, number in span.metrics.items()},
        strings[span.type],
    )


def _read_odd(raw: msgspec.Raw, strings: list[str]) -> WireSpan | None:
    try:
        return _look_up(_ONE.decode(raw), strings)
    except UNDECODABLE:
        return _mend(raw, strings)


def _mend(raw: msgspec.Raw, strings: list[str]) -> WireSpan | None:
    """A span whose numbers are of odd types or whose maps are null; None when that is not all that is odd."""
    try:
        values = _LOOSE.decode(raw)
    except UNDECODABLE:
        return None
    if len(values) != _FIELDS:
        return None
    numbers = [whole_of(value) for value in (*values[:9], values[11])]
    known = [number for number in numbers if number is not None]
    maps = [_indexed(value) for value in values[9:11]]
    if len(known) != len(numbers):
        return None
    service, name, resource, trace_id, span_id, parent_id, start, duration, error, kind = known
    meta = {key: place for key, value in maps[0].items() if (place := whole_of(value)) is not None}
    metrics = {key: float(value) for key, value in maps[1].items() if isinstance(value, int | float)}
    span = WireIndexedSpan(
        service, name, resource, trace_id, span_id, parent_id, start, duration, error, meta, metrics, kind
    )
    return _look_up(span, strings)


def _indexed(value: Any) -> dict[int, Any]:
    return {key: inner for key, inner in value.items() if isinstance(key, int)} if isinstance(value, dict) else {}

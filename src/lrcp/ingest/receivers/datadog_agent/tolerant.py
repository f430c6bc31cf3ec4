"""The slow path: payloads that are not quite what the structs say, read span by span.

Real tracers send numbers as other numbers, null for an empty map, a boolean for `error`, text that is not UTF-8. The
real agent takes most of that; here one odd span is mended, or refused and counted, and the others go on.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.datadog_agent.wire import WireSpan
from lrcp.ingest.receivers.llmobs.wire import UNDECODABLE

_HEADER_BYTES: Final = {0xD9: 2, 0xDA: 3, 0xDB: 5, 0xC4: 2, 0xC5: 3, 0xC6: 5}
"""Bytes before the text, by the first byte of a MessagePack str or bin."""

Reader = Callable[[msgspec.Raw], WireSpan | None]


def map_reader(strict: Any, loose: Any) -> Reader:
    """A reader of one span of v0.3, v0.4 or v0.7. strict, loose: decoders of a WireSpan and of anything."""

    def read(raw: msgspec.Raw) -> WireSpan | None:
        try:
            return strict.decode(raw)  # type: ignore[no-any-return]
        except UNDECODABLE:
            return mend_span(_find_value(loose, raw))

    return read


def _find_value(decoder: Any, raw: msgspec.Raw) -> Any:
    try:
        return decoder.decode(raw)
    except UNDECODABLE:
        return None


def mend_span(value: Any) -> WireSpan | None:
    """A span out of a decoded map; None when it is not a map or its ids are no numbers."""
    if not isinstance(value, dict):
        return None
    ids = [whole_of(value.get(key, 0)) for key in ("trace_id", "span_id", "parent_id")]
    trace_id, span_id, parent_id = ids
    if trace_id is None or span_id is None:
        return None
    struct = value.get("meta_struct")
    span = WireSpan(
        service=text_of(value.get("service")),
        name=text_of(value.get("name")),
        resource=text_of(value.get("resource")),
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id or 0,
        start=whole_of(value.get("start")) or 0,
        duration=whole_of(value.get("duration")) or 0,
        error=whole_of(value.get("error")) or 0,
        type=text_of(value.get("type")),
        meta=_texts_of(value.get("meta")),
        metrics={},
        meta_struct={k: v for k, v in struct.items() if isinstance(v, bytes)} if isinstance(struct, dict) else {},
        span_links=value.get("span_links"),
        span_events=value.get("span_events"),
    )
    _mend_metrics(span, value.get("metrics"))
    return span


def _mend_metrics(span: WireSpan, metrics: Any) -> None:
    """Numbers are metrics; what is no number is kept as a tag."""
    for key, value in metrics.items() if isinstance(metrics, dict) else ():
        if isinstance(value, int | float):
            span.metrics[text_of(key)] = float(value)
        elif value is not None:
            span.meta[text_of(key)] = text_of(value)


def _texts_of(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {text_of(key): text_of(text) for key, text in value.items() if text is not None}


def text_of(value: Any) -> str:
    """Text as it is; None as ''; bytes as UTF-8 with what is not replaced; the rest as Python writes it."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return ascii(value)


def whole_of(value: Any) -> int | None:
    """A whole number out of a number, a boolean or decimal text; None when there is none in it."""
    if isinstance(value, int):
        return int(value)
    try:
        return int(value) if isinstance(value, float) or (isinstance(value, str) and len(value) <= 20) else None
    except (ValueError, OverflowError):
        return None


def lenient_text(raw: msgspec.Raw) -> str:
    """A MessagePack str (or bin) as text, also when it is not UTF-8; '' for what is no text."""
    encoded = bytes(raw)
    first = encoded[0]
    header = 1 if 0xA0 <= first <= 0xBF else _HEADER_BYTES.get(first, len(encoded))
    return encoded[header:].decode("utf-8", "replace")

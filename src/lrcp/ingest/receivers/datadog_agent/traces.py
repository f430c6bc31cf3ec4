"""Trace payloads of every version to spans. Each `read_...` gives chunks of WireSpan; `spans_of` makes them records.

The strict decoders read a whole payload in one pass. What they refuse goes through `tolerant`, span by span; only a
payload whose frame is broken (no list of lists) is undecodable.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.datadog_agent.spans import build_span
from lrcp.ingest.receivers.datadog_agent.string_table import read_indexed
from lrcp.ingest.receivers.datadog_agent.tolerant import Reader, map_reader
from lrcp.ingest.receivers.datadog_agent.wire import WireChunk, WirePayload, WireSpan
from lrcp.ingest.receivers.llmobs.wire import UNDECODABLE
from lrcp.model.errors import DecodeError, UnsupportedError
from lrcp.model.span import Span

Chunks = Iterable[list[WireSpan | None]]
"""Pieces of traces; None stands for a span that could not be read."""

_MSGPACK: Final = msgspec.msgpack.Decoder(list[list[WireSpan]])
_MSGPACK_RAW: Final = msgspec.msgpack.Decoder(list[list[msgspec.Raw] | None] | None)
_JSON: Final = msgspec.json.Decoder(list[list[WireSpan]])
_JSON_RAW: Final = msgspec.json.Decoder(list[list[msgspec.Raw] | None] | None)
_PAYLOAD: Final = msgspec.msgpack.Decoder(WirePayload)
_READ_MSGPACK: Final = map_reader(msgspec.msgpack.Decoder(WireSpan), msgspec.msgpack.Decoder())
_READ_JSON: Final = map_reader(msgspec.json.Decoder(WireSpan), msgspec.json.Decoder())

_JSON_TYPES: Final = frozenset({"application/json", "text/json"})
_NO_HIGH_BITS: Final = "0" * 16


def read_maps(body: bytes, content_type: str) -> Chunks:
    """Chunks of v0.3 and v0.4. MessagePack or JSON by the content type; any other type is tried as both.

    Raises: DecodeError - the body is not a list of lists; UnsupportedError - neither, and the type is not one of ours.
    """
    if content_type == "application/msgpack":
        return _read(body, _MSGPACK, _MSGPACK_RAW, _READ_MSGPACK)
    if content_type in _JSON_TYPES:
        return _read(body, _JSON, _JSON_RAW, _READ_JSON)
    try:
        return _read_either(body)
    except DecodeError as error:
        if not content_type:
            raise
        raise UnsupportedError(
            f"content-type {content_type[:60]!r} is not supported; send application/msgpack or application/json"
        ) from error


def _read_either(body: bytes) -> Chunks:
    if body.lstrip(b" \t\r\n")[:1] in (b"[", b"n"):
        return _read(body, _JSON, _JSON_RAW, _READ_JSON)
    return _read(body, _MSGPACK, _MSGPACK_RAW, _READ_MSGPACK)


def _read(body: bytes, strict: Any, raw: Any, reader: Reader) -> Chunks:
    try:
        return strict.decode(body)  # type: ignore[no-any-return]
    except UNDECODABLE:
        pass  # an odd span, or a broken frame: the slow path below tells which
    try:
        chunks = raw.decode(body)
    except UNDECODABLE as error:
        raise DecodeError(f"the body is not a list of lists of spans: {error}") from error
    return [[reader(item) for item in chunk or ()] for chunk in chunks or ()]


def read_table(body: bytes, content_type: str) -> Chunks:
    """Chunks of v0.5; like the real agent this does not look at the content type. Raises: DecodeError."""
    return read_indexed(body)


def read_payload(body: bytes, content_type: str) -> Chunks:
    """Chunks of v0.7, with what the payload and the chunk say once for all given to every span. Raises: DecodeError."""
    try:
        payload = _PAYLOAD.decode(body)
    except UNDECODABLE as error:
        raise DecodeError(f"the body is not a v0.7 payload: {error}") from error
    return [_inherit(payload, chunk) for chunk in payload.chunks]


def _inherit(payload: WirePayload, chunk: WireChunk) -> list[WireSpan | None]:
    shared = {**payload.tags, **chunk.tags, "env": payload.env, "version": payload.app_version}
    shared["_dd.origin"] = chunk.origin
    shared = {key: text for key, text in shared.items() if text}
    spans = [_READ_MSGPACK(raw) for raw in chunk.spans]
    for span in spans:
        if span is not None:
            span.meta = {**shared, **span.meta}
    return spans


def spans_of(chunks: Chunks, now_ns: int) -> tuple[list[Span], int]:
    """The records of a payload, and how many of its spans were refused.

    A chunk is of one trace, and the high 64 bits of its id stand on one of its spans: they hold for all of them.
    """
    spans: list[Span] = []
    rejected = 0
    for chunk in chunks:
        high = _high_bits(chunk)
        for wire in chunk:
            span = build_span(wire, high, now_ns) if wire is not None else None
            if span is None:
                rejected += 1
            else:
                spans.append(span)
    return spans, rejected


def _high_bits(chunk: list[WireSpan | None]) -> str:
    for wire in chunk:
        text = wire.meta.get("_dd.p.tid") if wire is not None else None
        if text:
            try:
                number = int(text, 16) if len(text) <= 16 else -1
            except ValueError:
                continue
            if number >= 0:
                return f"{number:016x}"
    return _NO_HIGH_BITS

"""What LLM Observability sends, as structs. Every field is taken as it comes: each is checked where it is used.

An SDK, a proxy or a hand-written client fills these, so one field of an odd type must not cost the span.
"""

from typing import Any, Final, TypeVar

import msgspec

from lrcp.ingest.mend import decode_mended
from lrcp.model.errors import DecodeError

_Kind = TypeVar("_Kind")


class WireLlmObs(msgspec.Struct, gc=False):
    """The LLM Observability part of a span: the value of `meta_struct["_llmobs"]`, and the common part of events."""

    name: Any = ""
    trace_id: Any = ""
    parent_id: Any = ""
    ml_app: Any = ""
    session_id: Any = ""
    tags: Any = None  # {key: value} inside APM spans, ["key:value"] in events
    metrics: Any = None
    meta: Any = None


class WireEvent(WireLlmObs):
    """A span on its own: one element of `spans`, of the events and of the public API alike."""

    span_id: Any = ""
    start_ns: Any = 0
    duration: Any = 0
    status: Any = ""
    status_message: Any = ""
    service: Any = ""
    collection_errors: Any = None
    dd: Any = msgspec.field(name="_dd", default=None)


class WireEnvelope(msgspec.Struct):
    """One element of the body of `/api/v2/llmobs`; some SDKs send a single one without the list around it."""

    event_type: str = "span"
    spans: list[msgspec.Raw] = []


class WireAttributes(msgspec.Struct):
    """`data.attributes` of the public API: spans with what they share, or evaluation metrics."""

    ml_app: Any = ""
    session_id: Any = ""
    tags: Any = None
    spans: list[msgspec.Raw] = []
    metrics: list[msgspec.Raw] = []


class WireData(msgspec.Struct):
    """`data` of the public API; without its attributes there is nothing to take."""

    attributes: WireAttributes
    type: str = ""


class WireDocument(msgspec.Struct):
    """The body of the public API and of the evaluation intake."""

    data: WireData


class WireJoin(msgspec.Struct, gc=False):
    """What an evaluation is about: a span, or every span with a tag."""

    span: dict[str, Any] | None = None
    tag: dict[str, Any] | None = None


class WireMetric(msgspec.Struct, gc=False):
    """One evaluation, of version 1 (ids beside the value) or 2 (ids in `join_on`)."""

    label: str
    metric_type: str
    join_on: WireJoin | None = None
    span_id: Any = ""
    trace_id: Any = ""
    event_kind: Any = ""
    timestamp_ms: Any = 0
    ml_app: Any = ""
    tags: Any = None
    assessment: Any = ""
    reasoning: Any = ""
    eval_scope: Any = ""
    session_id: Any = ""
    metadata: Any = None
    categorical_value: Any = None
    score_value: Any = None
    numerical_value: Any = None
    boolean_value: Any = None
    json_value: Any = None
    text_value: Any = None


UNDECODABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
"""What decoding raises on a body that is not what it claims to be; too deep nesting is one of these."""

ENVELOPES: Final = msgspec.json.Decoder(list[WireEnvelope] | WireEnvelope)
EVENT: Final = msgspec.json.Decoder(WireEvent)
DOCUMENT: Final = msgspec.json.Decoder(WireDocument)
METRIC: Final = msgspec.json.Decoder(WireMetric)
PACKED_ENVELOPES: Final = msgspec.msgpack.Decoder(list[WireEnvelope] | WireEnvelope)
PACKED_EVENT: Final = msgspec.msgpack.Decoder(WireEvent)
LLMOBS: Final = msgspec.msgpack.Decoder(WireLlmObs)


def decode_json(decoder: msgspec.json.Decoder[_Kind], body: bytes) -> _Kind:
    """Decode a whole body. Raises: DecodeError - it is not JSON of that shape; says where."""
    try:
        return decode_mended(decoder.decode, body)
    except UNDECODABLE as error:
        raise DecodeError(f"the body is not the expected JSON: {error}") from error


def decode_packed(decoder: msgspec.msgpack.Decoder[_Kind], body: bytes) -> _Kind:
    """Decode a whole body of MessagePack. Raises: DecodeError - it is not MessagePack of that shape; says where."""
    try:
        return decoder.decode(body)
    except UNDECODABLE as error:
        raise DecodeError(f"the body is not the expected MessagePack: {error}") from error


def find_packed_record(decoder: msgspec.msgpack.Decoder[_Kind], raw: msgspec.Raw) -> _Kind | None:
    """`find_record` for MessagePack."""
    try:
        return decoder.decode(raw)
    except UNDECODABLE:
        return None


def find_record(decoder: msgspec.json.Decoder[_Kind], raw: msgspec.Raw) -> _Kind | None:
    """Decode one record of a body, None when it is not of its shape; the others of the body go on."""
    try:
        return decode_mended(decoder.decode, bytes(raw))
    except UNDECODABLE:
        return None

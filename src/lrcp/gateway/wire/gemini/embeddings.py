"""Embeddings in Gemini's three calls, to and from the gateway's records.

embedContent takes one text; batchEmbedContents and Vertex AI's predict take many. Task types and titles are hints to
Google's models, which others do not know; they go no further.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.format import UNDECODABLE, EmbeddingCodec, EmbeddingReply, EmbeddingRequest, ModelCall
from lrcp.gateway.wire.gemini.answers import Usage, Wire
from lrcp.gateway.wire.gemini.paths import resource_of
from lrcp.gateway.wire.gemini.spelling import camel_names
from lrcp.gateway.wire.transcript import count_of
from lrcp.model.errors import InputError

_T = TypeVar("_T")


class _Said(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Understood whole or refused."""


class _TextPart(_Said):
    text: str


class _TextContent(_Said):
    parts: list[_TextPart]
    role: str = ""


class _Settings(_Said):
    task_type: Any = None
    title: Any = None
    output_dimensionality: int | None = None
    auto_truncate: Any = None


class _Single(_Said):
    """Vertex AI has the settings in an object of their own."""

    content: _TextContent
    model: str = ""
    task_type: Any = None
    title: Any = None
    output_dimensionality: int | None = None
    auto_truncate: Any = None
    embed_content_config: _Settings | None = None

    def dimensions(self) -> int | None:
        own = self.embed_content_config.output_dimensionality if self.embed_content_config else None
        return own if own is not None else self.output_dimensionality


class _Batch(_Said):
    requests: list[_Single]


class _Instance(_Said):
    content: str
    task_type: Any = None
    title: Any = None
    mime_type: Any = None


class _Parameters(_Said):
    output_dimensionality: int | None = None
    auto_truncate: Any = None


class _Predict(_Said):
    instances: list[_Instance]
    parameters: _Parameters | None = None


class _Vector(Wire):
    values: list[float]


class _SingleReply(Wire):
    embedding: _Vector
    usage_metadata: Usage | None = None


class _BatchReply(Wire):
    embeddings: list[_Vector]
    usage_metadata: Usage | None = None


class _Statistics(msgspec.Struct):
    token_count: float | None = None


class _Predicted(msgspec.Struct):
    values: list[float]
    statistics: _Statistics | None = None


class _Prediction(msgspec.Struct):
    embeddings: _Predicted


class _PredictReply(msgspec.Struct):
    predictions: list[_Prediction]


def _parse_single(body: bytes, call: ModelCall) -> EmbeddingRequest:
    request = _convert(body, _Single)
    return EmbeddingRequest([_text_of(request.content)], request.dimensions())


def _parse_batch(body: bytes, call: ModelCall) -> EmbeddingRequest:
    requests = _convert(body, _Batch).requests
    sizes = {request.dimensions() for request in requests}
    if len(sizes) > 1:
        raise InputError("requests: outputDimensionality must be the same for all to be translated")
    return EmbeddingRequest([_text_of(request.content) for request in requests], next(iter(sizes), None))


def _parse_predict(body: bytes, call: ModelCall) -> EmbeddingRequest:
    request = _convert(body, _Predict)
    dimensions = request.parameters.output_dimensionality if request.parameters else None
    return EmbeddingRequest([instance.content for instance in request.instances], dimensions)


def _render_single(request: EmbeddingRequest, model: str) -> bytes:
    if len(request.texts) != 1:
        raise InputError(f"input: embedContent takes one text, not {len(request.texts)}")
    return msgspec.json.encode(_render_one(request.texts[0], request.dimensions, model))


def _render_batch(request: EmbeddingRequest, model: str) -> bytes:
    return msgspec.json.encode({"requests": [_render_one(text, request.dimensions, model) for text in request.texts]})


def _render_one(text: str, dimensions: int | None, model: str) -> dict[str, Any]:
    one: dict[str, Any] = {"model": resource_of(model), "content": {"parts": [{"text": text}]}}
    return one if dimensions is None else {**one, "outputDimensionality": dimensions}


def _render_predict(request: EmbeddingRequest, model: str) -> bytes:
    body: dict[str, Any] = {"instances": [{"content": text} for text in request.texts]}
    if request.dimensions is not None:
        body["parameters"] = {"outputDimensionality": request.dimensions}
    return msgspec.json.encode(body)


def _parse_single_reply(body: bytes) -> EmbeddingReply:
    reply = _decode_reply(body, _SingleReply)
    return EmbeddingReply("", [reply.embedding.values], _tokens_of(reply.usage_metadata))


def _parse_batch_reply(body: bytes) -> EmbeddingReply:
    reply = _decode_reply(body, _BatchReply)
    return EmbeddingReply("", [vector.values for vector in reply.embeddings], _tokens_of(reply.usage_metadata))


def _parse_predict_reply(body: bytes) -> EmbeddingReply:
    predicted = [prediction.embeddings for prediction in _decode_reply(body, _PredictReply).predictions]
    counts = [one.statistics.token_count if one.statistics else None for one in predicted]
    known = [count for count in counts if count is not None]
    tokens = count_of(int(sum(known))) if known and len(known) == len(counts) else None
    return EmbeddingReply("", [one.values for one in predicted], tokens)


def _render_single_reply(reply: EmbeddingReply, asked: bytes) -> bytes:
    return msgspec.json.encode({"embedding": {"values": reply.vectors[0]}, **_usage_of(reply)})


def _render_batch_reply(reply: EmbeddingReply, asked: bytes) -> bytes:
    return msgspec.json.encode({"embeddings": [{"values": vector} for vector in reply.vectors], **_usage_of(reply)})


def _render_predict_reply(reply: EmbeddingReply, asked: bytes) -> bytes:
    """predict counts each text by itself; where only the sum is known, the shares sum to it."""
    statistics = _shares(reply.input_tokens, len(reply.vectors))
    predictions = [
        {"embeddings": {"values": vector, **counted}} for vector, counted in zip(reply.vectors, statistics, strict=True)
    ]
    return msgspec.json.encode({"predictions": predictions})


def _shares(tokens: int | None, count: int) -> Sequence[dict[str, Any]]:
    if tokens is None or not count:
        return [{} for _ in range(count)]
    share, rest = divmod(tokens, count)
    counts = (share + (i < rest) for i in range(count))
    return [{"statistics": {"token_count": tokens_each, "truncated": False}} for tokens_each in counts]


def _convert(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(camel_names(msgspec.json.decode(body)), kind)
    except UNDECODABLE as error:
        raise InputError(f"the request cannot be translated from Gemini's format: {error}") from error


def _decode_reply(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except UNDECODABLE as error:
        raise UpstreamError(f"the provider's answer holds no embeddings: {error}", code="invalid_reply") from error


def _text_of(content: _TextContent) -> str:
    return "\n".join(part.text for part in content.parts)


def _tokens_of(usage: Usage | None) -> int | None:
    return count_of(usage.prompt_token_count) if usage is not None else None


def _usage_of(reply: EmbeddingReply) -> dict[str, Any]:
    tokens = reply.input_tokens
    return {} if tokens is None else {"usageMetadata": {"promptTokenCount": tokens, "totalTokenCount": tokens}}


SINGLE: Final = EmbeddingCodec(_parse_single, _render_single, _parse_single_reply, _render_single_reply)
BATCH: Final = EmbeddingCodec(_parse_batch, _render_batch, _parse_batch_reply, _render_batch_reply)
PREDICT: Final = EmbeddingCodec(_parse_predict, _render_predict, _parse_predict_reply, _render_predict_reply)

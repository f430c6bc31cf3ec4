"""Requests and replies of OpenAI's embeddings to and from records."""

import base64
import struct
from typing import Any

import msgspec

from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.format import EmbeddingReply, EmbeddingRequest, ModelCall, decode_json
from lrcp.gateway.wire.members import read_members
from lrcp.model.errors import InputError


def parse_request(body: bytes, call: ModelCall) -> EmbeddingRequest:
    """The request as records. Raises: InputError - token ids, whose meaning is the model's own, or an unknown member."""
    members = read_members(body)
    given = members.take("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise InputError("$.input: must be a string or a list of strings")
    if not all(isinstance(text, str) for text in texts):
        raise InputError("$.input: token ids cannot be translated, only texts")
    members.expect("encoding_format", "float", "base64")
    dimensions, user = members.whole("dimensions"), members.text("user")
    members.drop("model")
    members.close()
    return EmbeddingRequest(texts=texts, dimensions=dimensions, user=user)


def render_request(request: EmbeddingRequest, model: str) -> bytes:
    """The body for this model, whose vectors come as numbers."""
    body: dict[str, Any] = {"model": model, "input": request.texts, "encoding_format": "float"}
    if request.dimensions is not None:
        body["dimensions"] = request.dimensions
    return msgspec.json.encode(body | ({"user": request.user} if request.user else {}))


def parse_reply(body: bytes) -> EmbeddingReply:
    """The vectors in the order of the texts. Raises: UpstreamError."""
    answer = decode_json(body)
    try:
        rows = sorted(answer["data"], key=_index)
        vectors = [_vector(row["embedding"]) for row in rows]
    except (TypeError, KeyError, ValueError, struct.error, AttributeError) as error:
        raise UpstreamError("the provider's answer holds no vectors", code="invalid_reply") from error
    usage = answer.get("usage")
    tokens = usage.get("prompt_tokens") if isinstance(usage, dict) else None
    return EmbeddingReply(
        model=str(answer.get("model") or ""), vectors=vectors, input_tokens=tokens if isinstance(tokens, int) else None
    )


def _index(row: dict[str, Any]) -> int:
    return int(row.get("index", 0))


def _vector(given: Any) -> list[float]:
    """A list of numbers, or base64 of little-endian float32."""
    if isinstance(given, str):
        raw = base64.b64decode(given, validate=True)
        return list(struct.unpack(f"<{len(raw) // 4}f", raw))
    return [float(value) for value in given]


def render_reply(reply: EmbeddingReply, asked: bytes) -> bytes:
    """The reply in the encoding that the client asked for: its official client asks for base64 unless told otherwise."""
    request = decode_json(asked)
    packed = isinstance(request, dict) and request.get("encoding_format") == "base64"
    tokens = reply.input_tokens or 0
    rows = [
        {"object": "embedding", "index": i, "embedding": _packed(vector) if packed else vector}
        for i, vector in enumerate(reply.vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return msgspec.json.encode({"object": "list", "data": rows, "model": reply.model, "usage": usage})


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()

"""What the gateway reads of a Gemini request, and the one thing it writes into it: a model's name, where it holds one."""

from typing import Any, Final, TypeVar

import msgspec

from lrcp.evaluators.cost import estimate_tokens
from lrcp.gateway.wire.format import CHAT, COUNT_TOKENS, EMBEDDINGS, UNDECODABLE, ModelCall, decode_json
from lrcp.gateway.wire.gemini.paths import STREAM, get_call, resource_of
from lrcp.model.errors import InputError

_TOKENS_PER_CONTENT: Final = 4
_TOKENS_PER_MEDIUM: Final = 258
"""What Gemini counts for a small picture, or a second of video; how long a medium is cannot be known from its bytes."""
_MAX_DEPTH: Final = 8
_MEDIA: Final = ("inlineData", "inline_data", "fileData", "file_data")
_TEXTS: Final = ("text", "content", "parts", "functionCall", "function_call", "functionResponse", "function_response")

_T = TypeVar("_T")


class _Generation(msgspec.Struct):
    """Google's JSON takes its members in both spellings."""

    camel_max: int | None = msgspec.field(name="maxOutputTokens", default=None)
    snake_max: int | None = msgspec.field(name="max_output_tokens", default=None)


class _Contents(msgspec.Struct):
    contents: msgspec.Raw = msgspec.Raw()
    camel_system: msgspec.Raw = msgspec.field(name="systemInstruction", default=msgspec.Raw())
    snake_system: msgspec.Raw = msgspec.field(name="system_instruction", default=msgspec.Raw())


class _Generate(_Contents):
    camel_config: _Generation | None = msgspec.field(name="generationConfig", default=None)
    snake_config: _Generation | None = msgspec.field(name="generation_config", default=None)


class _Count(_Contents):
    camel_request: _Contents | None = msgspec.field(name="generateContentRequest", default=None)
    snake_request: _Contents | None = msgspec.field(name="generate_content_request", default=None)


class _Embed(msgspec.Struct):
    content: msgspec.Raw = msgspec.Raw()


class _BatchEmbed(msgspec.Struct):
    requests: msgspec.Raw = msgspec.Raw()


class _Instance(msgspec.Struct):
    content: str


class _Predict(msgspec.Struct):
    instances: list[_Instance]


class _Instances(msgspec.Struct):
    instances: msgspec.Raw


class _System(msgspec.Struct):
    parts: msgspec.Raw


_generate: Final = msgspec.json.Decoder(_Generate)
_count: Final = msgspec.json.Decoder(_Count)
_embed: Final = msgspec.json.Decoder(_Embed)
_batch_embed: Final = msgspec.json.Decoder(_BatchEmbed)
_predict: Final = msgspec.json.Decoder(_Predict)
_instances: Final = msgspec.json.Decoder(_Instances)
_system: Final = msgspec.json.Decoder(_System)
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_field_lists: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])


def decode_generate(path: str, body: bytes) -> ModelCall:
    """Read a call of generateContent or streamGenerateContent. Raises: InputError - not a request, or a member of a wrong type."""
    call, request = get_call(path), _decode(_generate, body)
    config = request.camel_config or request.snake_config
    return ModelCall(
        operation=CHAT,
        model=call.model,
        streams=call.verb == STREAM,
        prompt=_prompt_of(request),
        max_tokens=(config.camel_max or config.snake_max) if config else None,
    )


def decode_count(path: str, body: bytes) -> ModelCall:
    """Read a call of countTokens. Raises: InputError."""
    request = _decode(_count, body)
    inner = request.camel_request or request.snake_request or request
    return ModelCall(COUNT_TOKENS, get_call(path).model, streams=False, prompt=_prompt_of(inner))


def decode_embed(path: str, body: bytes) -> ModelCall:
    """Read a call of embedContent. Raises: InputError."""
    return _embedding_call(path, bytes(_decode(_embed, body).content))


def decode_batch_embed(path: str, body: bytes) -> ModelCall:
    """Read a call of batchEmbedContents. Raises: InputError."""
    return _embedding_call(path, bytes(_decode(_batch_embed, body).requests))


def decode_predict(path: str, body: bytes) -> ModelCall:
    """Read Vertex AI's older call for embeddings. Raises: InputError - not that, such as a call for pictures."""
    _decode(_predict, body)
    return _embedding_call(path, bytes(_decode(_instances, body).instances))


def fit_body(body: bytes, call: ModelCall, model: str) -> bytes:
    """The path names the model; a body that names it too gets the new name. Raises: InputError."""
    if model == call.model:
        return body
    fields = _decode(_fields, body)
    if "model" not in fields:
        return body
    fields["model"] = _named(model)
    return msgspec.json.encode(fields)


def fit_count(body: bytes, call: ModelCall, model: str) -> bytes:
    """The same for countTokens, whose request may hold another one. Raises: InputError."""
    if model == call.model:
        return body
    fields = _decode(_fields, body)
    held = [name for name in ("generateContentRequest", "generate_content_request") if name in fields]
    for name in held:
        fields[name] = msgspec.Raw(fit_body(bytes(fields[name]), call, model))
    return msgspec.json.encode(fields) if held else body


def fit_batch(body: bytes, call: ModelCall, model: str) -> bytes:
    """The same for a batch, each request of which may name the model. Raises: InputError."""
    if model == call.model:
        return body
    fields = _decode(_fields, body)
    requests = _decode(_field_lists, bytes(fields.get("requests", msgspec.Raw(b"[]"))))
    naming = [request for request in requests if "model" in request]
    for request in naming:
        request["model"] = _named(model)
    if not naming:
        return body
    fields["requests"] = msgspec.Raw(msgspec.json.encode(requests))
    return msgspec.json.encode(fields)


def fit_predict(body: bytes, call: ModelCall, model: str) -> bytes:
    """predict's body names no model."""
    return body


def estimate_prompt_tokens(prompt: bytes) -> int:
    """About how many tokens a prompt has, when the provider does not say."""
    return _estimate(decode_json(prompt), _MAX_DEPTH)


def _embedding_call(path: str, prompt: bytes) -> ModelCall:
    return ModelCall(EMBEDDINGS, get_call(path).model, streams=False, prompt=prompt)


def _decode(decoder: "msgspec.json.Decoder[_T]", body: bytes) -> _T:
    try:
        return decoder.decode(body)
    except UNDECODABLE as error:
        raise InputError(f"the body is not a valid request: {error}") from error


def _named(model: str) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(resource_of(model)))


def _prompt_of(request: _Contents) -> bytes:
    """The contents as sent, with the system's instruction, which Gemini keeps apart, as the first of them."""
    contents, system = bytes(request.contents), bytes(request.camel_system) or bytes(request.snake_system)
    if system in (b"", b"null") or contents[:1] != b"[":
        return contents
    rest = contents[1:].lstrip()
    comma = b"" if rest[:1] == b"]" else b","
    return b'[{"role":"system","parts":%b}%b%b' % (_parts_of(system), comma, rest)


def _parts_of(system: bytes) -> bytes:
    try:
        return bytes(_system.decode(system).parts)
    except UNDECODABLE:
        return system


def _estimate(value: Any, depth: int) -> int:
    """What is nested deeper than a request can be is not counted."""
    if isinstance(value, str):
        return estimate_tokens(value)
    if not depth:
        return 0
    if isinstance(value, list):
        return sum(_estimate(item, depth - 1) for item in value)
    return _estimate_object(value, depth) if isinstance(value, dict) else 0


def _estimate_object(value: dict[str, Any], depth: int) -> int:
    """A content, a part, a call of a tool or its result."""
    if any(name in value for name in _MEDIA):
        return _TOKENS_PER_MEDIUM
    for name in ("args", "response"):
        if name in value:
            return estimate_tokens(msgspec.json.encode(value[name]).decode())
    framing = _TOKENS_PER_CONTENT if "parts" in value else 0
    return framing + sum(_estimate(value[name], depth - 1) for name in _TEXTS if name in value)

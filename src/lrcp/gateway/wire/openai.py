"""OpenAI's wire format: what the gateway reads of requests and replies, and the few things it writes into them."""

from typing import Any, Final

import msgspec

from lrcp.gateway.wire.format import CHAT, EMBEDDINGS, UNDECODABLE, ModelCall, decode_json
from lrcp.model.errors import InputError

FAMILY: Final = "openai"


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _Request(msgspec.Struct):
    model: str | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    messages: msgspec.Raw = msgspec.Raw()
    input: msgspec.Raw = msgspec.Raw()


_request = msgspec.json.Decoder(_Request)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode_chat(path: str, body: bytes) -> ModelCall:
    """Read a chat request. Raises: InputError - not JSON, not an object, or a field that the gateway needs is of a wrong type."""
    request = _decode_request(body)
    options = request.stream_options
    return ModelCall(
        operation=CHAT,
        model=request.model or "",
        streams=bool(request.stream),
        asks_usage=not request.stream or bool(options and options.include_usage),
        prompt=bytes(request.messages),
        max_tokens=request.max_completion_tokens or request.max_tokens,
    )


def decode_embeddings(path: str, body: bytes) -> ModelCall:
    """Read a request for embeddings. Raises: InputError."""
    request = _decode_request(body)
    return ModelCall(EMBEDDINGS, request.model or "", streams=False, prompt=bytes(request.input))


def _decode_request(body: bytes) -> _Request:
    try:
        return _request.decode(body)
    except UNDECODABLE as error:
        raise InputError(f"the body is not a valid request: {error}") from error


def fit_body(body: bytes, call: ModelCall, model: str) -> bytes:
    """Change in the body what must be: the model's name for this provider, and the question for a stream's usage."""
    ask_usage = not call.asks_usage
    if model == call.model and not ask_usage:
        return body
    return rewrite_call(body, model=model if model != call.model else None, ask_usage=ask_usage)


def rewrite_call(body: bytes, *, model: str | None = None, ask_usage: bool = False) -> bytes:
    """The request with another model name, and asking for usage at the stream's end; every other value keeps its bytes.

    Raises: InputError - the name of a field is not UTF-8.
    """
    fields = _decode_fields(body)
    if model is not None:
        fields["model"] = msgspec.Raw(msgspec.json.encode(model))
    if ask_usage:
        given = fields.get("stream_options")
        options = _decode_fields(given) if given is not None and bytes(given) != b"null" else {}
        options["include_usage"] = msgspec.Raw(b"true")
        fields["stream_options"] = msgspec.Raw(msgspec.json.encode(options))
    return msgspec.json.encode(fields)


def _decode_fields(data: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        return _fields.decode(data)
    except UNDECODABLE as error:
        raise InputError(f"the body is not a valid request: {error}") from error


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class Usage(msgspec.Struct):
    """OpenAI's usage object; prompt_tokens holds the cached ones, completion_tokens not always the reasoning ones.

    Beside OpenAI's members: DeepSeek's prompt_cache_hit_tokens, Mistral's num_cached_tokens, OpenRouter's cost in dollars
    (with is_byok its fee alone, and what the caller's own provider charges in cost_details), xAI's cost_in_usd_ticks.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    num_cached_tokens: int | None = None
    cost: Any = None
    is_byok: Any = None
    cost_details: Any = None
    cost_in_usd_ticks: Any = None


class Message(msgspec.Struct):
    """A message of a reply, or the piece of one that a stream carries. Providers that show their thinking put it in reasoning_content."""

    content: Any = None
    reasoning_content: Any = None
    tool_calls: Any = None
    refusal: Any = None


class Choice(msgspec.Struct):
    index: int = 0
    finish_reason: str | None = None
    message: Message | None = None
    delta: Message | None = None


class Timings(msgspec.Struct):
    """What llama.cpp's server says of its work beside OpenAI's members: predicted_ms went by after the first token."""

    predicted_ms: float | None = None


class GroqExtra(msgspec.Struct):
    """What Groq says beside OpenAI's members; a stream that was not asked for its usage tells it here."""

    usage: Usage | None = None


class Answer(msgspec.Struct):
    """A whole reply of chat or embeddings, or one chunk of a stream."""

    model: str | None = None
    choices: list[Choice] | None = None
    usage: Usage | None = None
    service_tier: str | None = None
    error: Any = None
    timings: Timings | None = None
    x_groq: GroqExtra | None = None


_answer = msgspec.json.Decoder(Answer)


def decode_answer(data: bytes) -> Answer | None:
    """Read a reply or a chunk; None when it is not of this format: it passes all the same, only unmeasured."""
    try:
        return _answer.decode(data)
    except UNDECODABLE:
        return None


def error_of(data: bytes) -> tuple[str, str]:
    """(type, message) of an error body, in OpenAI's form or Gemini's list of it; the body's beginning when it is neither."""
    body = decode_json(data)
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        kind = error.get("type") or error.get("code") or error.get("status") or ""
        return str(kind), str(error.get("message") or "")[:2000]
    return "", error[:2000] if isinstance(error, str) else data[:2000].decode("utf-8", "replace")


def render_error(status: int, message: str, kind: str, code: str) -> bytes:
    """An error in OpenAI's form."""
    return msgspec.json.encode({"error": {"message": message, "type": kind, "param": None, "code": code}})


def render_error_event(status: int, message: str, kind: str, code: str) -> bytes:
    """The same as the last event of a stream; clients raise it."""
    return b"data: " + render_error(status, message, kind, code) + b"\n\n"

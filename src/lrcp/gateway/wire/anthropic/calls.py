"""What the gateway reads of an Anthropic request, and the one thing it writes into it: the model's name."""

from typing import Any, Final

import msgspec

from lrcp.evaluators.cost import estimate_tokens
from lrcp.gateway.wire.format import CHAT, COUNT_TOKENS, UNDECODABLE, ModelCall, decode_json
from lrcp.model.errors import InputError

_TOKENS_PER_MESSAGE: Final = 4
_TOKENS_PER_MEDIUM: Final = 1600
"""About what a picture of a megapixel counts; a document's pages cannot be known from its bytes."""


class _Request(msgspec.Struct):
    model: str | None = None
    stream: bool | None = None
    max_tokens: int | None = None
    system: msgspec.Raw = msgspec.Raw()
    messages: msgspec.Raw = msgspec.Raw()


_request = msgspec.json.Decoder(_Request)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])


def decode_messages(path: str, body: bytes) -> ModelCall:
    """Read a call of /messages. Raises: InputError - not JSON, or a field that the gateway needs is of a wrong type."""
    request = _decode(body)
    return ModelCall(
        operation=CHAT,
        model=request.model or "",
        streams=bool(request.stream),
        prompt=_prompt_of(request),
        max_tokens=request.max_tokens,
    )


def decode_count(path: str, body: bytes) -> ModelCall:
    """Read a call of /messages/count_tokens. Raises: InputError."""
    request = _decode(body)
    return ModelCall(COUNT_TOKENS, request.model or "", streams=False, prompt=_prompt_of(request))


def fit_body(body: bytes, call: ModelCall, model: str) -> bytes:
    """The request with this model's name; every other value keeps its bytes.

    Raises: InputError - the name of a field is not UTF-8.
    """
    if model == call.model:
        return body
    try:
        fields = _fields.decode(body)
    except UNDECODABLE as error:
        raise InputError(f"the body is not a valid request: {error}") from error
    fields["model"] = msgspec.Raw(msgspec.json.encode(model))
    return msgspec.json.encode(fields)


def messages_path(model: str, streams: bool) -> str:
    """The path of a call, streamed or not."""
    return "/messages"


def count_path(model: str, streams: bool) -> str:
    """The path of a count."""
    return "/messages/count_tokens"


def estimate_prompt_tokens(prompt: bytes) -> int:
    """About how many tokens a prompt has, when the provider does not say."""
    messages = decode_json(prompt)
    if not isinstance(messages, list):
        return 0
    contents = [message.get("content") for message in messages if isinstance(message, dict)]
    return sum(_TOKENS_PER_MESSAGE + _estimate_content(content) for content in contents)


def _decode(body: bytes) -> _Request:
    try:
        return _request.decode(body)
    except UNDECODABLE as error:
        raise InputError(f"the body is not a valid request: {error}") from error


def _prompt_of(request: _Request) -> bytes:
    """The messages as sent, with the system prompt, which Anthropic keeps apart, as the first of them."""
    messages, system = bytes(request.messages), bytes(request.system)
    if system in (b"", b"null") or messages[:1] != b"[":
        return messages
    rest = messages[1:].lstrip()
    comma = b"" if rest[:1] == b"]" else b","
    return b'[{"role":"system","content":%b}%b%b' % (system, comma, rest)


def _estimate_content(content: Any, depth: int = 2) -> int:
    """depth: a tool's result holds blocks of its own; what is nested deeper is no valid request."""
    if isinstance(content, str):
        return estimate_tokens(content)
    if not isinstance(content, list) or not depth:
        return 0
    return sum(_estimate_block(block, depth - 1) for block in content if isinstance(block, dict))


def _estimate_block(block: dict[str, Any], depth: int) -> int:
    if "source" in block:
        return _TOKENS_PER_MEDIUM
    if block.get("type") == "tool_use":
        return estimate_tokens(msgspec.json.encode(block.get("input")).decode())
    return _estimate_content(next((block[key] for key in ("text", "thinking", "content") if key in block), None), depth)

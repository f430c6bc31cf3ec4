"""Shorter answers: lowering the bound on an answer in a request's body, by wire format."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from lrcp.gateway.wire.format import UNDECODABLE
from lrcp.model.errors import InputError

_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_Path = tuple[str, ...]

_MEMBERS: Final[Mapping[str, Sequence[_Path]]] = {
    "openai.chat": (("max_tokens",), ("max_completion_tokens",)),
    "openai.responses": (("max_output_tokens",),),
    "anthropic.messages": (("max_tokens",),),
    "gemini.generate": (
        ("generationConfig", "maxOutputTokens"),
        ("generation_config", "max_output_tokens"),
        ("generationConfig", "max_output_tokens"),
        ("generation_config", "maxOutputTokens"),
    ),
}
"""Where a format bounds its answers; the first is added where a request has none of them."""

_WANTS_COMPLETION: Final = re.compile(r"(?:.*/)?(?:o\d|gpt-[5-9])")
"""OpenAI's reasoning models refuse max_tokens; most other servers know nothing else."""


def shorten_answer(format_name: str, body: bytes, model: str, max_tokens: int) -> bytes:
    """The request with its answer bounded by max_tokens; itself where it is bounded so already, or its format has no bound.

    Raises: InputError - the body cannot be read.
    """
    paths = _MEMBERS.get(format_name)
    if not paths:
        return body
    fields = _decode(body)
    said = [path for path in paths if _find(fields, path) is not None]
    if not said:
        return _with_value(fields, _added_path(format_name, paths, fields, model), max_tokens)
    long = [path for path in said if _is_over(_find(fields, path), max_tokens)]
    for path in long:
        body = _with_value(_decode(body), path, max_tokens)
    return body


def _added_path(format_name: str, paths: Sequence[_Path], fields: Mapping[str, msgspec.Raw], model: str) -> _Path:
    if format_name == "openai.chat":
        return paths[1] if _WANTS_COMPLETION.match(model) else paths[0]
    # A config that is there is added to under its own spelling.
    return next((path for path in paths if len(path) > 1 and _is_object(fields.get(path[0]))), paths[0])


def _find(fields: Mapping[str, msgspec.Raw], path: _Path) -> msgspec.Raw | None:
    value = fields.get(path[0])
    if len(path) > 1 and _is_object(value):
        value = _decode(value or b"{}").get(path[1])
    elif len(path) > 1:
        return None
    return None if value is None or bytes(value) == b"null" else value


def _is_object(value: msgspec.Raw | None) -> bool:
    return value is not None and bytes(value)[:1] == b"{"


def _is_over(value: msgspec.Raw | None, max_tokens: int) -> bool:
    """Anything that is no number is the provider's to refuse."""
    try:
        return value is not None and msgspec.json.decode(value, type=float) > max_tokens
    except UNDECODABLE:
        return False


def _with_value(fields: dict[str, msgspec.Raw], path: _Path, max_tokens: int) -> bytes:
    number = msgspec.Raw(b"%d" % max_tokens)
    if len(path) == 1:
        return msgspec.json.encode(fields | {path[0]: number})
    inner = _decode(fields[path[0]]) if _is_object(fields.get(path[0])) else {}
    return msgspec.json.encode(fields | {path[0]: inner | {path[1]: number}})


def _decode(data: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        return _fields.decode(data)
    except UNDECODABLE as error:
        raise InputError(f"the body is not a valid request: {error}") from error

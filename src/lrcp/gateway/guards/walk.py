"""Where the texts of requests, replies and events of streams are, by wire format: each with its place in the JSON.

Whatever string is below a format's members of messages is a text, members that are new to us included, but for those
that are known to be no words: ids, types, addresses, data of pictures.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

Path = tuple[str | int, ...]
Channel = tuple[str | int, ...]


class Found(msgspec.Struct):
    """A text at a place. channel: the texts of a stream with the same one are one text, in pieces."""

    role: str
    text: str
    path: Path
    channel: Channel = ()


_USER: Final = "user"
_ASSISTANT: Final = "assistant"
_SYSTEM: Final = "system"

_REQUESTS: Final[Mapping[str, Mapping[str, str]]] = {
    "openai.chat": {"messages": _USER, "prediction": _USER},
    "openai.responses": {"instructions": _SYSTEM, "input": _USER},
    "openai.embeddings": {"input": _USER},
    "anthropic.messages": {"system": _SYSTEM, "messages": _USER},
    "anthropic.count_tokens": {"system": _SYSTEM, "messages": _USER},
    "gemini.generate": {"systemInstruction": _SYSTEM, "system_instruction": _SYSTEM, "contents": _USER},
    "gemini.count_tokens": {
        "systemInstruction": _SYSTEM,
        "system_instruction": _SYSTEM,
        "contents": _USER,
        "generateContentRequest": _USER,
        "generate_content_request": _USER,
        "instances": _USER,
    },
    "gemini.embed": {"content": _USER},
    "gemini.batch_embed": {"requests": _USER},
    "gemini.predict": {"instances": _USER},
}
_REPLIES: Final[Mapping[str, str]] = {
    "openai.chat": "choices",
    "openai.responses": "output",
    "anthropic.messages": "content",
    "gemini.generate": "candidates",
}
_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "openai.chat": ("choices",),
    "openai.responses": ("delta", "text", "arguments", "refusal", "part", "item"),
    "anthropic.messages": ("delta", "content_block", "message"),
    "gemini.generate": ("candidates",),
}
_ENDS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "openai.chat": (b"[DONE]",),
    "openai.responses": (b"response.completed", b"response.incomplete"),
    "anthropic.messages": (b"message_stop",),
    "gemini.generate": (b'"finishReason"',),
}
# fmt: off
_OPAQUE: Final = frozenset((
    "bytesBase64Encoded", "cache_control", "call_id", "citationMetadata", "citations", "container", "data", "detail",
    "encrypted_content", "fileUri", "file_data", "file_id", "file_uri", "file_url", "finishReason", "finish_reason",
    "groundingMetadata", "id", "imageUrl", "image_url", "index", "logprobs", "logprobsResult", "media_type",
    "mimeType", "mime_type", "model", "name", "object", "role", "safetyRatings", "signature", "status", "stop_reason",
    "stop_sequence", "taskType", "task_type", "thoughtSignature", "thought_signature", "tool_call_id", "tool_use_id",
    "type", "url", "usage",
))
# fmt: on
_TOOLS_OWN: Final = frozenset(("arguments", "args", "input", "response", "partial_json", "partialArgs"))
"""What a tool is given and gives has members of the tool's own: all of them are looked at."""
_TELLTALE: Final = frozenset(("logprobs", "logprobsResult"))


def request_texts(format: str, body: Any) -> list[Found]:
    """The texts of a request's body, decoded."""
    if not isinstance(body, dict):
        return []
    members = _REQUESTS.get(format) or dict.fromkeys(body, _USER)
    return [found for name, role in members.items() if name in body for found in _walk(body[name], role, (name,))]


def reply_texts(format: str, body: Any) -> list[Found]:
    """The texts of a whole reply's body, decoded. Gemini's may be a list of chunks."""
    return [found for path, value in _roots(format, body) for found in _walk(value, _ASSISTANT, path)]


def telltales(format: str, body: Any) -> list[Path]:
    """Where a reply tells its words a second time, token by token: redacting it is no use while they are there."""
    return [path for root, value in _roots(format, body) for path in _find_members(value, root)]


def event_texts(format: str, event: Any) -> list[Found]:
    """The texts of one event of a stream, decoded."""
    if not isinstance(event, dict):
        return []
    roots: list[tuple[Path, Any]] = [((name,), event[name]) for name in _EVENTS.get(format, ()) if name in event]
    if isinstance(response := event.get("response"), dict):  # OpenAI's, with much that is no answer
        roots.append((("response", "output"), response.get("output")))
    found = [text for path, value in roots for text in _walk(value, _ASSISTANT, path) if text.text]
    for text in found:
        text.channel = _channel(format, event, text.path)
    return found


def ends_stream(format: str, events: Iterable[bytes]) -> bool:
    """Whether one of these events says that the answer has come to its end."""
    marks = _ENDS.get(format, ())
    return any(mark in event for event in events for mark in marks)


def _roots(format: str, body: Any) -> Iterator[tuple[Path, Any]]:
    member = _REPLIES.get(format)
    if member is None:
        return
    if isinstance(body, list):
        for number, chunk in enumerate(body):
            if isinstance(chunk, dict) and member in chunk:
                yield (number, member), chunk[member]
    elif isinstance(body, dict) and member in body:
        yield (member,), body[member]


def _walk(value: Any, role: str, path: Path) -> Iterator[Found]:
    """In the order of the JSON, without recursion: a request may nest a thousand deep."""
    waiting: list[tuple[Any, str, Path, bool]] = [(value, role, path, False)]
    while waiting:
        value, role, path, own = waiting.pop()
        if isinstance(value, str):
            yield Found(role, value, path)
        elif isinstance(value, list):
            waiting += [(item, role, (*path, n), own) for n, item in reversed(list(enumerate(value)))]
        elif isinstance(value, dict):
            said = value.get("role")
            role = said if isinstance(said, str) and not own else role
            waiting += [
                (item, role, (*path, name), own or name in _TOOLS_OWN)
                for name, item in reversed(value.items())
                if own or name not in _OPAQUE or (name == "data" and value.get("type") == "text")
            ]


def _find_members(value: Any, path: Path) -> Iterator[Path]:
    waiting: list[tuple[Any, Path]] = [(value, path)]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, list):
            waiting += [(item, (*path, n)) for n, item in enumerate(value)]
        elif isinstance(value, dict):
            for name, item in value.items():
                if name in _TELLTALE and item:
                    yield (*path, name)
                else:
                    waiting.append((item, (*path, name)))


def _channel(format: str, event: dict[str, Any], path: Path) -> Channel:
    """Speaker first, then what it is a piece of. A text that is told whole has a channel of its own."""
    if format == "anthropic.messages":
        return (0, event.get("index", 0), *path)
    if format == "openai.responses":
        if path == ("delta",):
            return (0, *(event.get(name, 0) for name in ("type", "output_index", "content_index", "summary_index")))
        return (0, "whole", *path)
    rest = (_index_of(event, path[: at + 1]) for at in range(2, len(path)))
    return (_index_of(event, path[:2]), *rest)  # of a choice or a candidate first


def _index_of(event: Any, path: Path) -> str | int:
    """A step of a path; of a place in a list the index that the item says it has, as pieces of it come one by one."""
    if isinstance(path[-1], str):
        return path[-1]
    value = event
    for step in path:
        value = value[step]
    if isinstance(value, dict):
        return _number(value.get("index"), "thought" if value.get("thought") else 0)
    return path[-1]


def _number(index: Any, otherwise: str | int) -> str | int:
    return index if isinstance(index, int) else otherwise

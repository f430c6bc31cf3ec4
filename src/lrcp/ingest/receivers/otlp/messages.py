"""Chat messages of every convention, in one shape: [{"role": .., "content": ..}, ...], with tool calls where there are any."""

from collections.abc import Iterable
from typing import Any, Final

from lrcp.ingest.receivers.otlp.values import as_text, from_json_text, json_text

Message = dict[str, Any]

_MAX_INDEX_DIGITS: Final = 5


def messages_of(value: Any, role: str = "") -> list[Message]:
    """Messages from a list, from JSON text of a list, or from one message or text; [] when there is nothing.

    role: the role of what carries none. Understands OpenTelemetry's {role, parts}, OpenAI's {role, content} with text
    or a list of parts, and plain strings.
    """
    if isinstance(value, str):
        parsed = from_json_text(value) if value[:1] in ("[", "{") else None
        if parsed is None:
            return [_message(role, value)] if value else []
        value = parsed
    if isinstance(value, dict):
        inner = value.get("messages")
        value = inner if isinstance(inner, list) else [value]
    if not isinstance(value, list):
        return []
    return [one for item in value if (one := _one(item, role))]


def system_messages(instructions: Any) -> list[Message]:
    """gen_ai.system_instructions, which is a list of parts without a role, as one system message."""
    if isinstance(instructions, str):
        parsed = from_json_text(instructions) if instructions[:1] == "[" else None
        instructions = instructions if parsed is None else parsed
    content = _content(instructions)
    return [_message("system", content)] if content else []


def messages_text(messages: Iterable[Message]) -> str:
    """Compact JSON text of messages, '' for none."""
    found = list(messages)
    return json_text(found) if found else ""


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content} if role else {"content": content}


def _one(item: Any, role: str) -> Message | None:
    if isinstance(item, str):
        return _message(role, item)
    if not isinstance(item, dict):
        return None
    if "type" in item and "role" not in item and "parts" not in item:
        return _message(role, _content([item]))
    if isinstance(item.get("message"), dict):
        item = {**item, **item["message"]}
    parts = item.get("parts")
    content = _content(parts if parts is not None else item.get("content"))
    message = _message(as_text(item.get("role")) or role, content)
    calls = item.get("tool_calls") or _part_calls(parts)
    if calls:
        message["tool_calls"] = calls
    for key in ("tool_call_id", "name", "finish_reason"):
        if item.get(key):
            message[key] = item[key]
    return message


def _content(value: Any) -> str:
    """The text of a content: itself, or that of its parts, one per line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        return json_text(value)
    return "\n".join(line for part in value if (line := _part_text(part)))


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return json_text(part)
    if part.get("type") == "tool_call":
        return ""
    for key in ("content", "text", "response", "result"):
        if part.get(key) is not None:
            value = part[key]
            return value if isinstance(value, str) else json_text(value)
    # A picture, a sound, a file: what it was is said, its bytes are not kept.
    return f"[{as_text(part.get('type')) or 'part'}]"


def _part_calls(parts: Any) -> list[dict[str, Any]]:
    if not isinstance(parts, list):
        return []
    calls = [part for part in parts if isinstance(part, dict) and part.get("type") == "tool_call"]
    return [{key: call[key] for key in ("id", "name", "arguments") if call.get(key) is not None} for call in calls]


def split_index(rest: str) -> tuple[int, str] | None:
    """`3.message.role` as (3, 'message.role'); None when it does not begin with an index."""
    digits, _, leaf = rest.partition(".")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _MAX_INDEX_DIGITS:
        return None
    return int(digits), leaf


def gather_indexed(pairs: Iterable[tuple[int, str, Any]]) -> list[Message]:
    """Messages from flattened attributes.

    Args:
        pairs: (index, leaf, value); leaf as in `role`, `content`, `tool_calls.0.name` (OpenLLMetry) or
            `message.role`, `message.contents.0.message_content.text`, `message.tool_calls.0.tool_call.function.name`
            (OpenInference).
    """
    messages: dict[int, Message] = {}
    for index, leaf, value in sorted(pairs, key=lambda pair: (pair[0], pair[1])):
        message = messages.setdefault(index, {"role": "", "content": ""})
        _put_leaf(message, leaf.removeprefix("message."), value)
    return [_finished(message) for _, message in sorted(messages.items())]


def _put_leaf(message: Message, leaf: str, value: Any) -> None:
    head, _, rest = leaf.partition(".")
    nested = split_index(rest) if head in ("contents", "tool_calls") else None
    if nested is None:
        message[leaf] = value
    elif head == "contents":
        if nested[1].endswith(".text"):
            message.setdefault("contents", []).append(as_text(value))
    else:
        call = message.setdefault("tool_calls", {}).setdefault(nested[0], {})
        call[nested[1].rpartition(".")[2]] = value


def _finished(message: Message) -> Message:
    texts = message.pop("contents", None)
    if isinstance(texts, list) and not message["content"]:
        message["content"] = "\n".join(texts)
    if not isinstance(message["content"], str):
        message["content"] = _content(message["content"])
    calls = message.get("tool_calls")
    if isinstance(calls, dict):
        message["tool_calls"] = [call for _, call in sorted(calls.items())]
    if not message["role"]:
        del message["role"]
    return message

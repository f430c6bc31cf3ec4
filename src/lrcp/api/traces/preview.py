"""The first words of a prompt or an answer, which is plain text or a JSON list of messages, maybe cut."""

import re
from typing import Any, Final

import msgspec

PREVIEW_CHARS: Final = 200
_CONTENT = re.compile(r'"role":\s*"user"[^{}]*?"content":\s*"((?:[^"\\]|\\.)*)|"content":\s*"((?:[^"\\]|\\.)*)')


def preview_input(text: str) -> str:
    """The last thing the user said, or the beginning of the text."""
    return _shorten(_from_messages(text, role="user") if text[:1] in "[{" else text)


def preview_output(text: str) -> str:
    """The beginning of the answer."""
    return _shorten(_from_messages(text, role="") if text[:1] in "[{" else text)


def _from_messages(text: str, role: str) -> str:
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return _from_cut_json(text)
    messages = value if isinstance(value, list) else [value]
    said = [_words(message) for message in messages if isinstance(message, dict) and role in ("", message.get("role"))]
    words = [one for one in said if one]
    return words[-1] if words else text


def _words(message: dict[str, Any]) -> str:
    for key in ("content", "text", "value", "answer", "output"):
        value = message.get(key)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, list):
            return " ".join(
                part.get("text", "") for part in value if isinstance(part, dict) and isinstance(part.get("text"), str)
            )
    calls = message.get("tool_calls")
    return f"calls {', '.join(_call_name(call) for call in calls)}" if isinstance(calls, list) and calls else ""


def _call_name(call: Any) -> str:
    if not isinstance(call, dict):
        return "a tool"
    function = call.get("function")
    return str(call.get("name") or (function.get("name") if isinstance(function, dict) else "") or "a tool")


def _from_cut_json(text: str) -> str:
    found = _CONTENT.search(text)
    if not found:
        return text
    raw = found[1] or found[2] or ""
    try:
        return str(msgspec.json.decode(f'"{raw}"'))
    except msgspec.DecodeError:
        return raw


def _shorten(text: str) -> str:
    line = " ".join(text[: 4 * PREVIEW_CHARS].split())
    return line if len(line) <= PREVIEW_CHARS else line[: PREVIEW_CHARS - 1] + "…"

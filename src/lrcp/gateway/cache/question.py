"""The question of a request: its last words of the user's, and the rest, which must be equal for an answer to be shared."""

from collections.abc import Mapping
from typing import Any, Final

from lrcp.gateway.cache.key import Fields
from lrcp.gateway.wire.format import CHAT, Format

_PLACE: Final = "\0question"
"""Stands where the question was."""

_TEXT_PART: Final = frozenset({"type", "text", "cache_control"})
_TEXT_TYPES: Final = ("text", "input_text")


def split_question(format: Format, fields: Fields) -> tuple[str, Fields] | None:
    """(question, the other members with a mark in its place); None where the last word is not the user's text alone."""
    if format.operation != CHAT:
        return None
    name = _PLACES.get(format.name, "messages")
    asked = fields.get(name)
    if isinstance(asked, str) and name == "input":
        return (asked, {**fields, name: _PLACE}) if asked.strip() else None
    if not isinstance(asked, list) or not asked or not isinstance(asked[-1], dict):
        return None
    last = asked[-1]
    member = "parts" if name == "contents" else "content"
    text = _text_of(last.get(member)) if last.get("role", "user") == "user" else None
    if text is None or not text.strip():
        return None
    return text, {**fields, name: [*asked[:-1], {**last, member: _PLACE}]}


def _text_of(content: Any) -> str | None:
    """The words of a content that is nothing but words."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list) or len(content) != 1:
        return None
    part = content[0]
    if not isinstance(part, dict) or not part.keys() <= _TEXT_PART or not isinstance(part.get("text"), str):
        return None
    return str(part["text"]) if part.get("type", "text") in _TEXT_TYPES else None


_PLACES: Final[Mapping[str, str]] = {
    "openai.responses": "input",
    "gemini.generate": "contents",
}
"""The member that holds the conversation, by format; `messages` of all others."""

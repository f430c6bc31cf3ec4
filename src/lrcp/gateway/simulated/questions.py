"""What a prompt asks, and what it tells: read from any format's JSON, within a bound. Pure."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lrcp.gateway.wire.format import decode_json

_MAX_CHARS: Final = 20_000
_TEXT_MEMBERS: Final = ("text", "content", "parts", "input", "contents")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_LABEL: Final = re.compile(r"^(?:question|facts|context|q)\s*:\s*", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_][\w'-]*")
_COMMON_WORDS: Final = """
    a about all also an and any are as at be been but by can could do does for from give had has have how i if in
    into is it its just know like many me more most much my no not of on one only or our out please say should so some
    tell than that the their them then there these they this to us use using very was we were what when where which
    who why will with would you your
"""
_COMMON: Final = frozenset(_COMMON_WORDS.split())


class Question(msgspec.Struct, frozen=True):
    """asked: the sentence that asks. subject: its telling words, in order. facts: sentences of the prompt that share some."""

    asked: str
    subject: tuple[str, ...]
    facts: tuple[str, ...]


def read_question(prompt: bytes) -> Question:
    """The last question of a prompt, or its last sentence where it asks none."""
    texts = list(_texts(decode_json(prompt)))
    last = texts[-1][-_MAX_CHARS:] if texts else ""
    sentences = [_LABEL.sub("", one.strip()) for one in _SENTENCE_END.split(last) if one.strip()]
    asked = next((one for one in reversed(sentences) if one.endswith("?")), sentences[-1] if sentences else "")
    subject = tuple(dict.fromkeys(telling_words(asked)))
    return Question(asked, subject, _facts(sentences, asked, frozenset(subject)))


def telling_words(text: str) -> list[str]:
    """The words that a text is about, in lower case."""
    return [word for word in map(str.lower, _WORD.findall(text)) if word not in _COMMON and len(word) > 2]


def _facts(sentences: list[str], asked: str, subject: frozenset[str]) -> tuple[str, ...]:
    """The three sentences that share most words with what is asked, the best first."""
    shared = [(len(subject.intersection(telling_words(one))), one) for one in sentences if one != asked]
    ranked = sorted((pair for pair in shared if pair[0]), key=lambda pair: -pair[0])
    return tuple(one for _, one in ranked[:3])


def _texts(value: Any) -> Iterator[str]:
    """All texts of a prompt, in its order: of messages, contents or input, whatever its format calls them."""
    if isinstance(value, str):
        if value.strip():
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name in _TEXT_MEMBERS:
            if name in value:
                yield from _texts(value[name])

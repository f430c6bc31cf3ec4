"""Words gone wrong: rewriters of an answer's text, piece by piece. Pure; chance comes from a key."""

import re
from collections.abc import Callable
from itertools import islice
from random import Random
from typing import Final, Protocol

from lrcp.gateway.routing.choice import hash_ratio

_NOISE: Final = "�#§¤Ã©ÂÐŸ¿½ïâ€™|~^"
_TOPICS: Final = (
    "The tide comes in twice a day, because the moon pulls at the sea. At the new moon it comes in highest of all. "
    "Old harbours had a pole in the water, and somebody who read it.",
    "A good bread needs flour, water, salt and time. The dough rests overnight in a cool place. "
    "It goes into the oven when it is very hot, with some steam.",
    "The first railways ran on wooden rails, and horses drew the wagons. Iron came later, and steam after that. "
    "A journey of two days then took an afternoon.",
)
_ID_LIKE: Final = re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z]+[\w-]*\b")
_END_OF_ID: Final = re.compile(r"[\w-]*\Z")
_MAX_HELD_CHARS: Final = 64
_PHRASE_CHARS: Final = 60
_TIMES: Final = 4


class Rewriter(Protocol):
    """Text in, other text out. keeps_calls: whether calls of tools stay as they are, or go."""

    keeps_calls: bool

    def feed(self, text: str) -> str: ...
    def finish(self) -> str:
        """What comes after the last piece."""
        ...


class Garbled:
    """Half of the letters are noise."""

    keeps_calls = True

    def __init__(self, key: str, text: str) -> None:
        self._random = Random(key)

    def feed(self, text: str) -> str:
        return "".join(self._spoil(char) if char.isalnum() else char for char in text)

    def finish(self) -> str:
        return ""

    def _spoil(self, char: str) -> str:
        return self._random.choice(_NOISE) if self._random.random() < 0.5 else char


class Empty:
    """Nothing at all."""

    keeps_calls = False

    def __init__(self, key: str, text: str) -> None:
        pass

    def feed(self, text: str) -> str:
        return ""

    def finish(self) -> str:
        return ""


class Repeated:
    """The answer's beginning, over and over, for as long as the answer would have been, and four times at least."""

    keeps_calls = True

    def __init__(self, key: str, text: str) -> None:
        self._phrase = ""
        self._said = 0

    def feed(self, text: str) -> str:
        room = _PHRASE_CHARS - len(self._phrase)
        head, tail = text[:room], text[room:]
        self._phrase += head
        self._said += len(head)
        return head + self._more(len(tail))

    def finish(self) -> str:
        return self._more(max(0, len(self._loop()) * _TIMES - self._said)) if self._phrase else ""

    def _loop(self) -> str:
        return self._phrase.rstrip() + " "

    def _more(self, chars: int) -> str:
        loop = self._loop()
        start = self._said % len(loop)
        self._said += chars
        return (loop * (2 + chars // len(loop)))[start : start + chars]


class OffTopic:
    """Words about something else, as many at a time as came, and the rest at the end."""

    keeps_calls = False

    def __init__(self, key: str, text: str) -> None:
        self._left = iter((text or _TOPICS[int(hash_ratio(key) * len(_TOPICS))]).split(" "))
        self._begun = False

    def feed(self, text: str) -> str:
        return self._take(max(1, text.count(" "))) if text else ""

    def finish(self) -> str:
        return self._take(None)

    def _take(self, words: int | None) -> str:
        taken = list(islice(self._left, words))
        lead = " " if self._begun and taken else ""
        self._begun = self._begun or bool(taken)
        return lead + " ".join(taken)


class Hallucinated:
    """Product ids in the text become ids of no product; where there are none, a sentence at the end names some.

    An answer that is JSON gets no sentence, as it would be JSON no more.
    """

    keeps_calls = True

    def __init__(self, key: str, text: str) -> None:
        self._ids = text.split() or [f"PROD-{int(hash_ratio(f'{key}{n}') * 9e6) + 10**6}" for n in range(3)]
        self._next = 0
        self._held = ""
        self._json: bool | None = None

    def feed(self, text: str) -> str:
        text = self._held + text
        if self._json is None and text.strip():
            self._json = text.lstrip()[0] in "{["
        held = _END_OF_ID.search(text)
        cut = held.start() if held and len(text) - held.start() <= _MAX_HELD_CHARS else len(text)
        self._held = text[cut:]
        return self._replace(text[:cut])

    def finish(self) -> str:
        rest, self._held = self._replace(self._held), ""
        if self._next or self._json:
            return rest
        return f"{rest} You may also like {', '.join(self._ids)}, which we have in stock."

    def _replace(self, text: str) -> str:
        return _ID_LIKE.sub(lambda match: self._invent(), text)

    def _invent(self) -> str:
        self._next += 1
        return self._ids[(self._next - 1) % len(self._ids)]


REWRITERS: Final[dict[str, Callable[[str, str], Rewriter]]] = {
    "garbled": Garbled,
    "empty": Empty,
    "repeated": Repeated,
    "off_topic": OffTopic,
    "hallucinated_product": Hallucinated,
}
"""By kind of fault: made of (key, the fault's own text)."""

"""Reading a search character by character: words with their wildcards and escapes, quoted phrases, operators."""

import re
from typing import Final, NoReturn

from lrcp.query.errors import QueryError
from lrcp.query.search.ast import ANY, ONE, Pattern, Wildcard

SPACE: Final = " \t\n\r\f\v"
_ENDS: Final = frozenset(SPACE + '()[]"')
"""What ends a word; inside one it must be escaped."""
_ALONE: Final = re.compile(r"(?:AND|OR|NOT|IN)(?=[\s()\[]|\Z)|&&|\|\|", re.ASCII)
KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "IN", "TO"})


class Reader:
    """A search and a place in it. Every method leaves the place behind what it took."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, reason: str, *expected: str, at: int | None = None) -> NoReturn:
        """Raises: QueryError, always; at: where, the present place by default."""
        raise QueryError(reason, self.text, self.at if at is None else at, expected)

    def skip_space(self) -> None:
        """Go on to the next character that is no space."""
        while self.at < len(self.text) and self.text[self.at] in SPACE:
            self.at += 1

    def peek(self) -> str:
        """The next character; '' at the end."""
        return self.text[self.at : self.at + 1]

    def take(self, wanted: str) -> bool:
        """Step over these characters if they come next."""
        if not self.text.startswith(wanted, self.at):
            return False
        self.at += len(wanted)
        return True

    def keyword(self) -> str:
        """The keyword that comes next, not stepped over; '' for none. `&&` is AND, `||` is OR."""
        found = _ALONE.match(self.text, self.at)
        return {"&&": "AND", "||": "OR"}.get(found[0], found[0]) if found else ""

    def take_keyword(self, *wanted: str) -> bool:
        """Step over one of these keywords if it comes next."""
        found = self.keyword()
        if not found or found not in wanted:
            return False
        self.at += 2 if self.peek() in "&|" else len(found)
        return True

    def word(self, stops: str = "") -> Pattern | None:
        """A word with its wildcards, up to one of `stops` or what ends any; None when there is no character of one.

        Raises: QueryError - a backslash at the end, or the word runs into a parenthesis, bracket or quote.
        """
        start = self.at
        parts: list[str | Wildcard] = []
        while self.at < len(self.text) and not self._ends(stops):
            _append(parts, self._piece())
        if self.at == start:
            return None
        if self.peek() in ("(", "[", '"') and self.peek() not in stops:
            self.fail(f"{self.peek()!r} within a word", "a space", f"`\\{self.peek()}`")
        return Pattern(tuple(parts))

    def _ends(self, stops: str) -> bool:
        character = self.text[self.at]
        return character in _ENDS or character in stops or self.text.startswith(("&&", "||"), self.at)

    def _piece(self) -> str | Wildcard:
        """One character or wildcard of a word."""
        character = self.text[self.at]
        self.at += 1
        if character == "\\":
            if self.at == len(self.text):
                self.fail("a backslash escapes nothing", "the character to escape")
            self.at += 1
            return self.text[self.at - 1]
        return {"*": ANY, "?": ONE}.get(character, character)

    def quoted(self) -> Pattern:
        """A phrase; the opening quote comes next. `\\"` is a quote and `\\\\` a backslash, any other stays.

        Raises: QueryError - it is not closed, or runs into a word.
        """
        found = _QUOTED.match(self.text, self.at)
        if found is None:
            self.fail("a quote is not closed", '`"`', at=self.at)
        self.at = found.end()
        following = self.peek()
        if following and following not in SPACE + "()],":
            self.fail("something follows a closing quote", "a space")
        return Pattern((re.sub(r'\\(["\\])', r"\1", found[1]),), quoted=True)


_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)


def _append(parts: list[str | Wildcard], piece: str | Wildcard) -> None:
    """Add a piece in the normal form of a Pattern."""
    last = parts[-1] if parts else None
    if isinstance(piece, str) and isinstance(last, str):
        parts[-1] = last + piece
    elif not (piece == ANY and last == ANY):
        parts.append(piece)

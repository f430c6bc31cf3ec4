"""Cursor: a parser's place among tokens. It bounds how deep a parser goes, and makes its errors."""

from typing import Final, NoReturn

from lrcp.query.errors import QueryError
from lrcp.query.lexer import Token

MAX_DEPTH: Final = 40
"""Nested parentheses, calls, negations. With MAX_OPERATORS of metric/parser.py it bounds how deep any tree can be."""

_SHOWN: Final = {
    "name": "a name",
    "number": "a number",
    "text": "a text in quotes",
    "end": "the end",
    "braces": "{...}",
}


class Cursor:
    """Reads tokens from the left to the right. text: what the tokens came from, for errors."""

    __slots__ = ("_depth", "index", "text", "token", "tokens")

    def __init__(self, text: str, tokens: list[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.index = 0
        self.token = tokens[0]
        self._depth = 0

    def take(self) -> Token:
        """The token here; the place moves on, never beyond the end."""
        token = self.token
        if token.kind != "end":
            self.index += 1
            self.token = self.tokens[self.index]
        return token

    def accept(self, kind: str) -> Token | None:
        """The token here if it is of a kind, else None and nothing moves."""
        return self.take() if self.token.kind == kind else None

    def expect(self, kind: str, what: str = "") -> Token:
        """The token here, which must be of a kind. Raises: QueryError."""
        if self.token.kind != kind:
            self.fail((what or _SHOWN.get(kind, kind),))
        return self.take()

    def next_kind(self) -> str:
        """Kind of the token behind the one here."""
        return self.tokens[min(self.index + 1, len(self.tokens) - 1)].kind

    def enter(self) -> None:
        """One level deeper; every parser that calls itself calls this first. Raises: QueryError - too deep."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(f"the query is nested deeper than {MAX_DEPTH} levels")

    def leave(self) -> None:
        """One level back."""
        self._depth -= 1

    def error(self, reason: str, expected: tuple[str, ...] = (), at: Token | None = None) -> QueryError:
        """An error at a token, the one here when none is given."""
        return QueryError(reason, self.text, (at or self.token).start, expected)

    def fail(self, expected: tuple[str, ...]) -> NoReturn:
        """Raises the error that the token here is not what was expected."""
        raise self.error(f"found {describe(self.token)}", expected)


def describe(token: Token) -> str:
    """A token in an error's words."""
    if token.kind == "end":
        return "the end"
    return f"{{{token.value}}}" if token.kind == "braces" else repr(token.value)

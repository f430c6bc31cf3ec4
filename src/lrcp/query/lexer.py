"""Tokens of metric expressions and of call chains, with their places. The braces of a scope are one token (metric/scope.py)."""

import re
from typing import Final, NamedTuple

from lrcp.query.errors import QueryError

MAX_QUERY_CHARS: Final = 20_000
"""Of one query. It bounds every list that a query can hold."""


class Token(NamedTuple):
    """kind: name, number, word (a digit first: `5m_ago`), text (in quotes), braces, compare, end; a sign is its own kind.

    value: as written; of a text what it says, of braces what is inside. start: characters before it.
    """

    kind: str
    value: str
    start: int


def _table(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"""(?P<space>\s+)
        |(?P<name>{name})
        |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.]))
        |(?P<word>\d+[A-Za-z_]\w*)
        |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
        |(?P<braces>\{{[^{{}}]*\}})
        |(?P<compare>(?:[<>=]|!=)[<>=!]*)
        |(?P<sign>&&|\|\||[-+*/!:(),.])
        |(?P<bad>.)""",
        re.VERBOSE | re.ASCII | re.DOTALL,
    )


METRIC_TOKENS: Final = _table(r"[A-Za-z_][\w.]*")
"""Names hold dots: `system.load.1`, `p99.9`."""

CHAIN_TOKENS: Final = _table(r"@?[A-Za-z_][\w-]*")
"""Names hold hyphens, a dot starts the next call: `trace-analytics("...").last("5m")`."""


def tokenize(text: str, table: re.Pattern[str]) -> list[Token]:
    """All tokens of a text, an `end` behind them. Raises: QueryError - too long, or characters that mean nothing."""
    if len(text) > MAX_QUERY_CHARS:
        raise QueryError(f"the query has {len(text)} characters, at most {MAX_QUERY_CHARS} are taken")
    tokens = []
    for match in table.finditer(text):
        kind = match.lastgroup or "bad"
        if kind != "space":
            tokens.append(_token(kind, match[0], match.start(), text))
    tokens.append(Token("end", "", len(text)))
    return tokens


def _token(kind: str, value: str, start: int, text: str) -> Token:
    if kind == "sign":
        return Token(value, value, start)
    if kind == "braces":
        return Token(kind, value[1:-1], start)
    if kind == "text":
        return Token(kind, unquote(value), start)
    if kind == "bad":
        raise QueryError(*_complaint(value, start, text))
    return Token(kind, value, start)


def _complaint(char: str, start: int, text: str) -> tuple[str, str, int]:
    if char in "\"'":
        return f"the {char} is never closed", text, start
    if char == "{":
        return "the { is never closed", text, start
    if char.isdigit():
        return "this number cannot be read", text, start
    return f"{char!r} means nothing here", text, start


def unquote(literal: str) -> str:
    r"""What a text in quotes says: \ before its quote or another \ stands for that; before anything else it stays."""
    inner = literal[1:-1]
    if "\\" not in inner:
        return inner
    return re.sub(rf"\\([\\{literal[0]}])", r"\1", inner)


def quote(text: str, mark: str = '"') -> str:
    r"""A text in quotes, so that unquote gives it back; a \ is doubled only where it must be."""
    return mark + re.sub(rf"\\(?=[\\{mark}]|\Z)|{mark}", lambda found: "\\" + found[0], text) + mark


def offset_in_literal(literal: str, offset: int) -> int:
    """Where a character of the unquoted text stands in the literal, counted from its opening quote."""
    place = 1
    for _ in range(offset):
        place += 2 if literal[place] == "\\" and literal[place + 1] in "\\" + literal[0] else 1
    return place

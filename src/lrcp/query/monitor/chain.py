"""Call chains: `head("...").name(argument, key=value).name() > 5`, the common form of all queries but metric ones and composites."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.errors import COMPARISONS, OperatorError, QueryError
from lrcp.query.lexer import Token, offset_in_literal
from lrcp.query.metric.parser import read_signed_number
from lrcp.query.monitor.ast import Comparison

_LITERALS: Final = ("text", "name", "word", "number")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call. name: '' without `name=`. value: what it says; kind: text, name, word or number."""

    name: str
    kind: str
    value: str
    token: Token


@dataclass(frozen=True, slots=True)
class Link:
    """One call of a chain. token: its name's."""

    name: str
    arguments: tuple[Argument, ...]
    token: Token

    @property
    def values(self) -> tuple[str, ...]:
        """What the arguments say."""
        return tuple(one.value for one in self.arguments)


def parse_links(cursor: Cursor) -> list[Link]:
    """`.name(...)` as often as it stands here. Raises: QueryError."""
    links: list[Link] = []
    seen: set[str] = set()
    while cursor.accept("."):
        link = parse_link(cursor)
        if link.name in seen:
            raise cursor.error(f".{link.name}() stands here a second time", at=link.token)
        seen.add(link.name)
        links.append(link)
    return links


def parse_link(cursor: Cursor) -> Link:
    """`name(...)`. Raises: QueryError."""
    name = cursor.expect("name", "the name of a call")
    cursor.expect("(")
    arguments: list[Argument] = []
    while cursor.token.kind != ")":
        if arguments:
            cursor.expect(",", "a comma or )")
        arguments.append(_parse_argument(cursor))
    cursor.take()
    return Link(name.value, tuple(arguments), name)


def _parse_argument(cursor: Cursor) -> Argument:
    token = cursor.token
    if token.kind not in _LITERALS:
        cursor.fail(("a text in quotes", "a word", ")"))
    cursor.take()
    if token.kind == "name" and cursor.token == Token("compare", "=", cursor.token.start):
        cursor.take()
        value = cursor.token
        if value.kind not in _LITERALS:
            cursor.fail(("a value",))
        cursor.take()
        return Argument(token.value, value.kind, value.value, value)
    if token.kind == "name":
        return Argument("", "name", token.value + _dotted_rest(cursor), token)
    return Argument("", token.kind, token.value, token)


def _dotted_rest(cursor: Cursor) -> str:
    """`.b.c` behind a bare name `a`, as keys without quotes have it."""
    rest = ""
    while cursor.accept("."):
        rest += "." + cursor.expect("name").value
    return rest


def refuse_unknown(cursor: Cursor, links: Sequence[Link], known: Sequence[str]) -> None:
    """Raises: QueryError - a call that this kind of query does not have."""
    for link in links:
        if link.name not in known:
            raise cursor.error(f"there is no .{link.name}() here", tuple(f".{one}()" for one in known), link.token)


def one_text(cursor: Cursor, link: Link, what: str) -> Argument:
    """The only argument of a call, in quotes. Raises: QueryError."""
    if len(link.arguments) != 1 or link.arguments[0].kind != "text" or link.arguments[0].name:
        raise cursor.error(f"{link.name}() takes {what} in quotes, and nothing else", at=link.token)
    return link.arguments[0]


def no_arguments(cursor: Cursor, link: Link) -> None:
    """Raises: QueryError - the call has arguments."""
    if link.arguments:
        raise cursor.error(f".{link.name}() takes nothing", at=link.arguments[0].token)


def split_keys(cursor: Cursor, link: Link) -> tuple[str, ...]:
    """The keys of `.by("a,b")`, `.by("a", "b")` or `.by(a, b)`, each once. Raises: QueryError."""
    keys = [key.strip() for value in link.values for key in value.split(",")]
    if not keys or not all(keys) or any(one.name for one in link.arguments):
        raise cursor.error(f".{link.name}() takes keys between commas", at=link.token)
    return tuple(dict.fromkeys(keys))


def parse_comparison(cursor: Cursor) -> Comparison:
    """`> 5` or `> threshold`, and the end behind it. Raises: QueryError."""
    token = cursor.take()
    if token.kind == "end":
        raise OperatorError(cursor.text, token.start)
    if token.kind != "compare":
        raise cursor.error(f"found {token.value!r}", COMPARISONS, token)
    if token.value not in COMPARISONS:
        raise OperatorError(cursor.text, token.start, token.value)
    threshold = None
    if cursor.token == Token("name", "threshold", cursor.token.start):
        cursor.take()
    elif cursor.token.kind in ("number", "-", "."):
        threshold = read_signed_number(cursor)
    else:
        cursor.fail(("a number", "threshold"))
    cursor.expect("end", "the end of the query")
    return Comparison(token.value, threshold)


def moved_error(cursor: Cursor, argument: Argument, error: QueryError) -> QueryError:
    """An error inside a text in quotes, as one of the whole query."""
    if not error.text:
        return error
    literal = cursor.text[argument.token.start :]
    place = argument.token.start + offset_in_literal(literal, error.offset)
    return QueryError(error.reason, cursor.text, place, error.expected)

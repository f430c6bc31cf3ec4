"""Tree to text, such that parsing it gives the tree again."""

import re
from collections.abc import Callable
from typing import Any, Final

from lrcp.query.search.ast import (
    Field,
    FieldBetween,
    FieldCompares,
    FieldExists,
    FieldIs,
    FreeText,
    InNetwork,
    MatchAll,
    Pattern,
    Quantity,
    Search,
    SearchAnd,
    SearchNot,
    SearchOr,
    Wildcard,
)
from lrcp.query.search.lexer import KEYWORDS

_WITHIN: Final = re.compile(r'[\s()\[\]"\\*?&|]')
"""What is escaped anywhere in a word; a colon too where a name could end."""
_FIRST: Final = frozenset("-!@#><")
"""What means something else at a word's beginning."""


def print_search(search: Search) -> str:
    """The search as text: `parse_search` gives an equal tree."""
    return _PRINTERS[type(search)](search)


def _operand(search: Search) -> str:
    """A term within another: in parentheses where it has terms of its own."""
    text = print_search(search)
    return f"({text})" if isinstance(search, SearchAnd | SearchOr) else text


def _or_term(search: Search) -> str:
    """AND binds closer than OR, so its terms stand free within one."""
    return print_search(search) if isinstance(search, SearchAnd) else _operand(search)


def _print_is(search: FieldIs) -> str:
    return f"{_name(search.field)}:{_pattern(search.pattern)}"


def _print_between(search: FieldBetween) -> str:
    return f"{_name(search.field)}:[{_end(search.low)} TO {_end(search.high)}]"


_PRINTERS: Final[dict[type, Callable[[Any], str]]] = {
    MatchAll: lambda _: "*",
    FreeText: lambda search: _pattern(search.pattern, stops=":"),
    FieldIs: _print_is,
    FieldExists: lambda search: f"{_name(search.field)}:*",
    FieldCompares: lambda search: f"{_name(search.field)}:{search.operator}{_number(search.value)}",
    FieldBetween: _print_between,
    InNetwork: lambda search: f"CIDR({_name(search.field, ',')}, {', '.join(search.networks)})",
    SearchNot: lambda search: f"-{_operand(search.term)}",
    SearchAnd: lambda search: " ".join(map(_operand, search.terms)),
    SearchOr: lambda search: " OR ".join(map(_or_term, search.terms)),
}


def _name(field: Field, stops: str = "") -> str:
    if field.is_full_text:
        return "*"
    if field.attribute:
        return "@" + _escape(field.name, ":" + stops)
    return _escape_first(_escape(field.name, ":" + stops))


def _pattern(pattern: Pattern, stops: str = "") -> str:
    if pattern.quoted:
        return _phrase(str(pattern.parts[0]))
    pieces = [part.kind if isinstance(part, Wildcard) else _escape(part, stops) for part in pattern.parts]
    return _escape_first("".join(pieces))


def _phrase(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _escape(text: str, stops: str) -> str:
    return "".join(f"\\{c}" if _WITHIN.match(c) or c in stops else c for c in text)


def _escape_first(word: str) -> str:
    """A word that begins as an operator does, or is a keyword, with a backslash in front."""
    return f"\\{word}" if word[:1] in _FIRST or word in KEYWORDS else word


def _end(end: Quantity | str | None) -> str:
    if end is None:
        return "*"
    return _number(end) if isinstance(end, Quantity) else _phrase(end)


def _number(quantity: Quantity) -> str:
    value = quantity.value
    return f"{int(value) if value == int(value) and abs(value) < 1e15 else value!r}{quantity.unit}"

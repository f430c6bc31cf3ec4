"""Text to tree. Precedence: parentheses, then `-` and NOT, then AND (also nothing between two terms), then OR.

The keywords are upper case, as Datadog has them. `key:(a OR b)` and `key IN [a, b]` become an OR of `key:a` and `key:b`.
Source: DataDog documentation, log search syntax; DATADOG.md 3.3.
"""

from collections.abc import Callable
from typing import Final

from lrcp.query.errors import QueryError
from lrcp.query.search.ast import (
    Field,
    FieldExists,
    FieldIs,
    FreeText,
    MatchAll,
    Pattern,
    Search,
    SearchAnd,
    SearchNot,
    SearchOr,
    Wildcard,
)
from lrcp.query.search.lexer import Reader
from lrcp.query.search.values import parse_comparison, parse_networks, parse_range

MAX_LENGTH: Final = 16_384
"""Characters of a search."""
MAX_DEPTH: Final = 50
"""Parentheses and negations within each other."""
MAX_TERMS: Final = 1_000

_TERM: Final = ("a word", '`"a phrase"`', "`key:value`", "`@attribute:value`", "`(`")


def parse_search(text: str) -> Search:
    """What a search says; '' and `*` are everything.

    Raises: QueryError - the text is no search, or is over MAX_LENGTH, MAX_DEPTH or MAX_TERMS.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"a search is longer than {MAX_LENGTH} characters")
    return _Parser(text).whole()


def all_of(terms: list[Search]) -> Search:
    """Their conjunction in the normal form: nothing for one, and no conjunction within it."""
    if len(terms) == 1:
        return terms[0]
    flat = [part for term in terms for part in (term.terms if isinstance(term, SearchAnd) else (term,))]
    return SearchAnd(tuple(flat))


def any_of(terms: list[Search]) -> Search:
    """Their disjunction in the normal form."""
    if len(terms) == 1:
        return terms[0]
    flat = [part for term in terms for part in (term.terms if isinstance(term, SearchOr) else (term,))]
    return SearchOr(tuple(flat))


class _Parser:
    """The boolean levels; `leaf` reads one term, so that the values in `key:(...)` go the same way."""

    def __init__(self, text: str) -> None:
        self._reader = Reader(text)
        self._depth = 0
        self._terms = 0

    def whole(self) -> Search:
        reader = self._reader
        reader.skip_space()
        if not reader.peek():
            return MatchAll()
        search = self._any(self._term)
        if reader.peek():
            reader.fail(f"unexpected {reader.peek()!r}", "a term", "the end")
        return search

    def _any(self, leaf: Callable[[], Search]) -> Search:
        terms = [self._all(leaf)]
        while self._reader.take_keyword("OR"):
            terms.append(self._all(leaf))
        return any_of(terms)

    def _all(self, leaf: Callable[[], Search]) -> Search:
        terms = [self._unary(leaf)]
        while self._goes_on():
            terms.append(self._unary(leaf))
        return all_of(terms)

    def _goes_on(self) -> bool:
        """Whether one more term of a conjunction comes; steps over its AND."""
        reader = self._reader
        if reader.take_keyword("AND"):
            return True
        return reader.peek() not in ("", ")") and reader.keyword() != "OR"

    def _unary(self, leaf: Callable[[], Search]) -> Search:
        reader = self._reader
        reader.skip_space()
        if reader.take_keyword("NOT") or reader.take("-") or reader.take("!"):
            return self._nested(lambda: SearchNot(self._unary(leaf)))
        if reader.peek() == "(":
            return self._group(leaf)
        self._terms += 1
        if self._terms > MAX_TERMS:
            reader.fail(f"a search has more than {MAX_TERMS} terms")
        term = leaf()
        reader.skip_space()
        return term

    def _nested(self, inner: Callable[[], Search]) -> Search:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._reader.fail(f"a search is nested more than {MAX_DEPTH} deep")
        search = inner()
        self._depth -= 1
        return search

    def _group(self, leaf: Callable[[], Search]) -> Search:
        """`( ... )`; the opening parenthesis comes next."""
        reader, opened = self._reader, self._reader.at
        reader.take("(")
        search = self._nested(lambda: self._any(leaf))
        if not reader.take(")"):
            reader.fail("a parenthesis is not closed", "`)`", at=reader.at if reader.peek() else opened)
        reader.skip_space()
        return search

    def _term(self) -> Search:
        """One term that is no group and not negated."""
        reader, start = self._reader, self._reader.at
        if reader.peek() == '"':
            return FreeText(reader.quoted())
        if reader.keyword():
            reader.fail(f"{reader.keyword()} without a term before or behind it", *_TERM)
        if reader.take("CIDR("):
            return parse_networks(reader, self._field)
        word = reader.word(stops=":")
        if word is None:
            reader.fail("a term is missing", *_TERM)
        if reader.take(":"):
            return self._of_field(self._as_field(word, start), start)
        return self._listed(word, start) or _free(word)

    def _field(self) -> Field:
        """A field's name, up to a comma: the first argument of CIDR."""
        start = self._reader.at
        word = self._reader.word(stops=",:")
        if word is None:
            self._reader.fail("an attribute is missing", "`@attribute`")
        return self._as_field(word, start)

    def _as_field(self, word: Pattern, start: int) -> Field:
        if word.parts == (Wildcard("*"),):
            return Field("*")
        if word.literal is None:
            self._reader.fail("a name with a wildcard", "`key`", "`@attribute`", "`*`", at=start)
        attribute = self._reader.text[start] == "@"
        name = word.literal[1:] if attribute else word.literal
        if not name:
            self._reader.fail("an attribute without a name", "a name behind `@`", at=start + 1)
        if self._reader.text[start] == "#":
            self._reader.fail("calculated fields are not known here", "`key`", "`@attribute`", at=start)
        return Field(name, attribute)

    def _of_field(self, field: Field, start: int) -> Search:
        """What stands behind `key:`."""
        if field.name in _EXISTENCE and not field.attribute:
            found = self._field()
            exists = FieldExists(found)
            return exists if field.name == "_exists_" else self._nested(lambda: SearchNot(exists))
        if self._reader.peek() == "(":
            return self._group(lambda: self._value(field))
        return self._value(field)

    def _value(self, field: Field) -> Search:
        """One value of a field: a phrase, a comparison, a range, a word."""
        reader = self._reader
        following = reader.peek()
        if following == '"':
            return FieldIs(field, reader.quoted())
        if following in _SPECIAL and field.is_full_text:
            reader.fail("a full-text search takes words only", "a word", '`"a phrase"`')
        if following in (">", "<"):
            return parse_comparison(reader, field)
        if following == "[":
            return parse_range(reader, field)
        word = reader.word()
        if word is None:
            reader.fail("a value is missing", *_VALUES)
        return _is(field, word)

    def _listed(self, word: Pattern, start: int) -> Search | None:
        """`key IN [a, b]`, `key NOT IN (a, b)`: the name was read. None, and nothing read, when it is no list."""
        reader = self._reader
        back = reader.at
        reader.skip_space()
        negated = reader.take_keyword("NOT")
        reader.skip_space()
        if not reader.take_keyword("IN"):
            reader.at = back
            return None
        field = self._as_field(word, start)
        values = self._nested(lambda: any_of(self._items(field)))
        return self._nested(lambda: SearchNot(values)) if negated else values

    def _items(self, field: Field) -> list[Search]:
        """The values of a list in brackets or parentheses."""
        reader = self._reader
        reader.skip_space()
        closing = {"[": "]", "(": ")"}.get(reader.peek(), "")
        if not closing:
            reader.fail("IN without a list", "`[`", "`(`")
        reader.at += 1
        items: list[Search] = []
        while True:
            reader.skip_space()
            pattern = reader.quoted() if reader.peek() == '"' else reader.word(stops=",")
            if pattern is None:
                reader.fail("a value is missing", "a value")
            items.append(_is(field, pattern))
            reader.skip_space()
            if reader.take(closing):
                return self._counted(items)
            if not reader.take(","):
                reader.fail("a list goes on without a comma", "`,`", f"`{closing}`")

    def _counted(self, items: list[Search]) -> list[Search]:
        self._terms += len(items)
        if self._terms > MAX_TERMS:
            self._reader.fail(f"a search has more than {MAX_TERMS} terms")
        return items


_EXISTENCE: Final = frozenset({"_exists_", "_missing_"})
_SPECIAL: Final = frozenset("><[")
_VALUES: Final = ("a value", '`"a phrase"`', "`*`", "`>5`", "`[1 TO 5]`", "`(a OR b)`")


def _free(word: Pattern) -> Search:
    return MatchAll() if word.parts == (Wildcard("*"),) else FreeText(word)


def _is(field: Field, pattern: Pattern) -> Search:
    """`key:*` asks whether there is a value at all; `*:*` is everything."""
    if pattern.parts != (Wildcard("*"),):
        return FieldIs(field, pattern)
    return MatchAll() if field.is_full_text else FieldExists(field)

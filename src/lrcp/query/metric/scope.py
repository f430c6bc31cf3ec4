"""Scopes: what stands in braces, in the comma style (`env:prod,!model:x`) or in words (`env:prod AND NOT model IN (x, y)`).

Source: DATADOG.md 3.2; checked by tests/spec/query/scope.test.
"""

import re
from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.errors import QueryError
from lrcp.query.lexer import MAX_QUERY_CHARS, Token
from lrcp.query.metric.ast import (
    Everything,
    Scope,
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TagIn,
    TagMatch,
    TemplateVariable,
)

_TOKENS: Final = re.compile(r"\s*(?:(?P<sign>[,()!])|(?P<term>[^\s,()!{}][^\s,(){}]*)|(?P<bad>\S))")
_WORDS: Final = frozenset({"and", "or", "not", "in"})
_VARIABLE: Final = re.compile(r"\$([A-Za-z_][\w-]*)(\.value)?\Z", re.ASCII)
_TERM: Final = ("a tag", "key:value", "*", "NOT", "(")
_MIXED: Final = "a scope is written with , and ! or with AND, OR, NOT and IN, not with both"


def parse_scope(text: str) -> Scope:
    """A scope from what stands between the braces. Raises: QueryError."""
    return parse_scope_at(text, text, 0)


def parse_scope_at(text: str, whole: str, start: int) -> Scope:
    """As parse_scope, of a scope inside a whole query, where it begins at start. Raises: QueryError."""
    tag, colon, value = text.partition(":")
    if colon and _plain(tag) and _plain(value):
        return TagMatch(tag, value)
    return _ScopeParser(Cursor(whole, _tokenize(text, whole, start))).parse()


_plain: Final = re.compile(r"[\w.@/-]+", re.ASCII).fullmatch
"""One tag without anything special, as most scopes are: nothing to cut into tokens."""


def _tokenize(text: str, whole: str, start: int) -> list[Token]:
    if len(text) > MAX_QUERY_CHARS:
        raise QueryError(f"the scope has {len(text)} characters, at most {MAX_QUERY_CHARS} are taken")
    tokens = []
    for match in _TOKENS.finditer(text):
        kind = match.lastgroup or "bad"
        value, place = match[kind], start + match.start(kind)
        if kind == "bad":
            raise QueryError(f"{value!r} means nothing in a scope", whole, place)
        if kind == "sign":
            kind = value
        elif value.lower() in _WORDS:
            kind = value.lower()
        tokens.append(Token(kind, value, place))
    tokens.append(Token("end", "", start + len(text)))
    return tokens


class _ScopeParser:
    """One scope's parser; it remembers which of the two styles it has seen."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._style = ""

    def parse(self) -> Scope:
        if self._cursor.token.kind == "end":
            raise self._cursor.error("the scope is empty", ("*", "key:value"))
        scope = self._parse_commas()
        if self._cursor.token.kind != "end":
            self._cursor.fail(("a comma", "AND", "OR", "the end of the scope"))
        return scope

    def _use(self, style: str, token: Token) -> None:
        if self._style not in ("", style):
            raise self._cursor.error(_MIXED, at=token)
        self._style = style

    def _parse_commas(self) -> Scope:
        terms = [self._parse_or()]
        while comma := self._cursor.accept(","):
            self._use("signs", comma)
            terms.append(self._parse_or())
        return terms[0] if len(terms) == 1 else ScopeAnd(tuple(terms))

    def _parse_or(self) -> Scope:
        terms = [self._parse_and()]
        while word := self._cursor.accept("or"):
            self._use("words", word)
            terms.append(self._parse_and())
        return terms[0] if len(terms) == 1 else ScopeOr(tuple(terms))

    def _parse_and(self) -> Scope:
        terms = [self._parse_not()]
        while word := self._cursor.accept("and"):
            self._use("words", word)
            terms.append(self._parse_not())
        return terms[0] if len(terms) == 1 else ScopeAnd(tuple(terms), commas=False)

    def _parse_not(self) -> Scope:
        parse = _TERMS.get(self._cursor.token.kind)
        if parse is None:
            self._cursor.fail(_TERM)
        self._cursor.enter()
        scope = parse(self)
        self._cursor.leave()
        return scope

    def _parse_word_not(self) -> Scope:
        self._use("words", self._cursor.take())
        return ScopeNot(self._parse_not())

    def _parse_sign_not(self) -> Scope:
        self._use("signs", self._cursor.take())
        if self._cursor.token.kind != "term":
            self._cursor.fail(("a tag", "key:value"))
        return ScopeNot(self._parse_term())

    def _parse_group(self) -> Scope:
        self._use("words", self._cursor.take())
        scope = self._parse_or()
        self._cursor.expect(")")
        return scope

    def _parse_term(self) -> Scope:
        token = self._cursor.take()
        negated = self._cursor.token.kind == "not" and self._cursor.next_kind() == "in"
        if negated or self._cursor.token.kind == "in":
            return self._parse_in(token, negated)
        return _make_term(token, self._cursor)

    def _parse_in(self, key: Token, negated: bool) -> Scope:
        if not _is_key(key.value):
            raise self._cursor.error(f"{key.value!r} is not the name of a tag", at=key)
        self._use("words", self._cursor.take())
        if negated:
            self._cursor.take()
        found = TagIn(key.value, self._parse_values())
        return ScopeNot(found) if negated else found

    def _parse_values(self) -> tuple[str, ...]:
        self._cursor.expect("(")
        values: list[str] = []
        while True:
            token = self._cursor.expect("term", "a value")
            values.append(_checked_value(token.value, token, self._cursor))
            if not self._cursor.accept(","):
                break
        if self._cursor.token.kind != ")":
            self._cursor.fail(("a comma", ")"))
        self._cursor.take()
        return tuple(values)


_TERMS: Final = {
    "term": _ScopeParser._parse_term,
    "not": _ScopeParser._parse_word_not,
    "!": _ScopeParser._parse_sign_not,
    "(": _ScopeParser._parse_group,
}


def _make_term(token: Token, cursor: Cursor) -> Scope:
    if token.value == "*":
        return Everything()
    key, colon, value = token.value.partition(":")
    if token.value.startswith("$") or value.startswith("$"):
        return _make_variable(token, key if colon and not key.startswith("$") else None, cursor)
    if not _is_key(key):
        raise cursor.error(f"{key!r} is not the name of a tag", at=token)
    if not colon:
        return TagMatch(key, None)
    return TagMatch(key, _checked_value(value, token, cursor))


def _make_variable(token: Token, key: str | None, cursor: Cursor) -> TemplateVariable:
    written = token.value if key is None else token.value[len(key) + 1 :]
    match = _VARIABLE.match(written)
    if match is None:
        raise cursor.error(f"{written!r} is not a template variable", ("$name", "$name.value"), token)
    return TemplateVariable(match[1], key, match[2] is not None)


def _is_key(key: str) -> bool:
    return bool(key) and "*" not in key and "$" not in key and ":" not in key


def _checked_value(value: str, token: Token, cursor: Cursor) -> str:
    if not value:
        raise cursor.error("the tag has no value", ("a value", "*"), token)
    if "*" in value[1:-1]:
        raise cursor.error("a * may only begin or end a value", at=token)
    return value

"""Searches as SQL conditions over one relation."""

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
    Search,
    SearchAnd,
    SearchNot,
    SearchOr,
)
from lrcp.query.search.facets import EventSource, WordsFacet
from lrcp.query.search.prose import ESCAPE
from lrcp.query.search.words import words_of, words_regex
from lrcp.store.telemetry.source.binder import Binder
from lrcp.store.telemetry.source.operands import Operands
from lrcp.store.telemetry.source.values import is_set_literal, literals_test, value_test

_INDEXED: Final = frozenset({("logs", "message"), ("spans", "input"), ("spans", "output")})
"""Columns with an index of their words (migrations/0001_tables.sql)."""


class Conditions:
    """Makes the condition of a search in a source: 0 or 1, never NULL."""

    def __init__(self, source: EventSource, binder: Binder, operands: Operands) -> None:
        self._source = source
        self._binder = binder
        self._operands = operands

    def of(self, search: Search, *, indexed: bool = False) -> str:
        """The condition. indexed: with lookups in the index of words beside it; only for a WHERE on the table itself,
        where the index makes the lookup regardless of case."""
        return self._makers[type(search)](self, search, indexed)

    def _all(self, search: MatchAll, indexed: bool) -> str:
        return "1"

    def _and(self, search: SearchAnd, indexed: bool) -> str:
        return "(" + " AND ".join(self.of(term, indexed=indexed) for term in search.terms) + ")"

    def _or(self, search: SearchOr, indexed: bool) -> str:
        sets, others = self._sets(search.terms)
        conditions = [self.of(term, indexed=indexed) for term in others]
        for field, literals in sets.items():
            operand = self._operands.of(self._source.facet(field))
            conditions.append(operand.any(literals_test(literals, self._binder)))
        return f"({' OR '.join(conditions)})"

    def _sets(self, terms: tuple[Search, ...]) -> tuple[dict[Field, list[str]], list[Search]]:
        """Values that one field may have, by field, and what is left: a list of hundreds is looked up, not gone through."""
        sets: dict[Field, list[str]] = {}
        others: list[Search] = []
        for term in terms:
            literal = term.pattern.literal if isinstance(term, FieldIs) else None
            if isinstance(term, FieldIs) and literal is not None and self._may_be_set(term.field, literal):
                sets.setdefault(term.field, []).append(literal)
            else:
                others.append(term)
        return sets, others

    def _may_be_set(self, field: Field, literal: str) -> bool:
        prose = field.is_full_text or isinstance(self._source.facet(field), WordsFacet)
        return not prose and is_set_literal(literal)

    def _not(self, search: SearchNot, indexed: bool) -> str:
        # A lookup that is turned round can leave nothing out, and would be one more way to be wrong.
        return f"NOT {self.of(search.term)}"

    def _free(self, search: FreeText, indexed: bool) -> str:
        return self._words(search.pattern, self._source.free, indexed)

    def _is(self, search: FieldIs, indexed: bool) -> str:
        if search.field.is_full_text:
            return self._words(search.pattern, self._source.full, indexed)
        facet = self._source.facet(search.field)
        if isinstance(facet, WordsFacet):
            return self._words(search.pattern, (facet.column,), indexed)
        return self._field(search, indexed)

    def _field(self, search: Any, indexed: bool) -> str:
        operand = self._operands.of(self._source.facet(search.field))
        return operand.any(value_test(search, self._binder))

    def _words(self, pattern: Pattern, columns: tuple[str, ...], indexed: bool) -> str:
        regex, words = self._binder.text(words_regex(pattern)), words_of(pattern)
        conditions = []
        for column in columns:
            held = f"match(lower({column}), {regex})"
            if column == "tags":
                held = self._in_tags(regex)
            elif column == "attributes":
                held = f"match(lower(replaceRegexpAll(attributes, '{_ESCAPE}', ' ')), {regex})"
            elif indexed and words and (self._source.kind, column) in _INDEXED:
                held = f"(hasAllTokens({column}, {self._binder.texts(tuple(words))}) AND {held})"
            conditions.append(held)
        return f"({' OR '.join(conditions)})"

    def _in_tags(self, regex: str) -> str:
        if self._source.kind == "spans":
            pair = "lower(concat(k, ':', v))"
            return f"arrayExists((k, v) -> match({pair}, {regex}), mapKeys(tags), mapValues(tags))"
        return f"arrayExists(t -> match(lower(t), {regex}), tags)"

    _makers: Final[dict[type, Callable[[Any, Any, bool], str]]] = {
        MatchAll: _all,
        FreeText: _free,
        FieldIs: _is,
        FieldExists: _field,
        FieldCompares: _field,
        FieldBetween: _field,
        InNetwork: _field,
        SearchNot: _not,
        SearchAnd: _and,
        SearchOr: _or,
    }


_ESCAPE: Final = ESCAPE.replace("\\", "\\\\")

"""A search as a function over records in memory."""

import ipaddress
import operator
from collections.abc import Callable
from typing import Any, Final

import msgspec

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
)
from lrcp.query.search.facets import EventSource, WordsFacet, find_source
from lrcp.query.search.globs import compile_glob
from lrcp.query.search.numbers import find_number, number_text
from lrcp.query.search.prose import json_prose
from lrcp.query.search.records import Record, Value, compile_facet, prose_of
from lrcp.query.search.words import compile_words

Match = Callable[[Record], bool]
Holds = Callable[[Value], bool]

OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def compile_match(search: Search, source: str = "logs") -> Match:
    """Whether a record is found by a search in a source; what a record is, records.py says.

    Raises: InputError - there is no such source.
    """
    place = find_source(source)
    wanted = _compile(search, place)
    if place.only is None:
        return wanted
    narrowed = _compile(place.only, place)
    return lambda record: narrowed(record) and wanted(record)


def _compile(search: Search, source: EventSource) -> Match:
    return _COMPILERS[type(search)](search, source)


def _and(search: SearchAnd, source: EventSource) -> Match:
    terms = [_compile(term, source) for term in search.terms]
    return lambda record: all(term(record) for term in terms)


def _or(search: SearchOr, source: EventSource) -> Match:
    terms = [_compile(term, source) for term in search.terms]
    return lambda record: any(term(record) for term in terms)


def _not(search: SearchNot, source: EventSource) -> Match:
    term = _compile(search.term, source)
    return lambda record: not term(record)


def _words(pattern: Pattern, columns: tuple[str, ...]) -> Match:
    holds = compile_words(pattern)
    return lambda record: any(holds(text) for column in columns for text in _prose(record, column))


def _prose(record: Record, column: str) -> list[str]:
    if column != "attributes":
        return prose_of(record, column)
    content = record.get(column) or ""
    return [json_prose(content if isinstance(content, str) else msgspec.json.encode(content).decode())]


def _is(search: FieldIs, source: EventSource) -> Match:
    if search.field.is_full_text:
        return _words(search.pattern, source.full)
    facet = source.facet(search.field)
    if isinstance(facet, WordsFacet):
        return _words(search.pattern, (facet.column,))
    return _any_value(search.field, source, _equals(search.pattern))


def _any_value(field: Field, source: EventSource, holds: Holds) -> Match:
    read = compile_facet(source.facet(field))
    return lambda record: any(holds(value) for value in read(record))


def _equals(pattern: Pattern) -> Holds:
    glob, number = compile_glob(pattern), None if pattern.literal is None else find_number(pattern.literal)

    def holds(value: Value) -> bool:
        return glob(value) if isinstance(value, str) else value == number or glob(number_text(value))

    return holds


def _compares(search: FieldCompares, source: EventSource) -> Match:
    compare, bound = OPERATORS[search.operator], search.value.plain
    return _any_value(search.field, source, lambda value: _on_number(value, lambda number: compare(number, bound)))


def _on_number(value: Value, holds: Callable[[float], bool]) -> bool:
    number = find_number(value) if isinstance(value, str) else value
    return number is not None and holds(number)


def _between(search: FieldBetween, source: EventSource) -> Match:
    low, high = search.low, search.high
    if isinstance(low, str) or isinstance(high, str):
        return _any_value(search.field, source, lambda value: isinstance(value, str) and _within(value, low, high))
    ends = (_plain(low), _plain(high))
    if ends == (None, None):
        return _any_value(search.field, source, lambda _: True)
    return _any_value(search.field, source, lambda value: _on_number(value, lambda number: _within(number, *ends)))


def _plain(end: Quantity | None) -> float | None:
    return None if end is None else end.plain


def _within(value: Any, low: Any, high: Any) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _in_network(search: InNetwork, source: EventSource) -> Match:
    networks = [ipaddress.ip_network(network) for network in search.networks]

    def holds(value: Value) -> bool:
        try:
            address = ipaddress.ip_address(value if isinstance(value, str) and "%" not in value else "")
        except ValueError:
            return False
        return any(address in network for network in networks)

    return _any_value(search.field, source, holds)


_COMPILERS: Final[dict[type, Callable[[Any, EventSource], Match]]] = {
    MatchAll: lambda search, source: lambda record: True,
    FreeText: lambda search, source: _words(search.pattern, source.free),
    FieldIs: _is,
    FieldExists: lambda search, source: _any_value(search.field, source, lambda _: True),
    FieldCompares: _compares,
    FieldBetween: _between,
    InNetwork: _in_network,
    SearchNot: _not,
    SearchAnd: _and,
    SearchOr: _or,
}

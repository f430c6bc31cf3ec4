"""Scopes of downtimes. Datadog writes them as searches (`service:a AND env:(dev OR staging)`, `-env:prod`), older ones like
the scopes of queries (`env:prod,host:a`); both become one tree."""

import re
from functools import lru_cache
from typing import Final

from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Everything, Scope, ScopeAnd, ScopeNot, ScopeOr, TagMatch
from lrcp.query.metric.check import find_template_variable
from lrcp.query.metric.parser import parse_scope
from lrcp.query.search.ast import FieldExists, FieldIs, MatchAll, Search, SearchAnd, SearchNot, SearchOr
from lrcp.query.search.parser import parse_search

_AS_SEARCH: Final = re.compile(r"(?:^|[\s(])-\S|:\s*[(\"]")


@lru_cache(maxsize=1024)
def parse_downtime_scope(text: str) -> Scope:
    """The tree of a scope in either style. Raises: QueryError."""
    if _AS_SEARCH.search(text):
        return _as_scope(parse_search(text), text)
    scope = parse_scope(text)
    if find_template_variable(scope) is not None:
        raise QueryError("a template variable has no value here; it belongs to a dashboard", text, text.find("$"))
    return scope


def _as_scope(search: Search, text: str) -> Scope:
    match search:
        case MatchAll():
            return Everything()
        case FieldIs(field, pattern) if not field.attribute:
            value = "".join(part if isinstance(part, str) else part.kind for part in pattern.parts)
            if "*" in value[1:-1] or "?" in value:
                raise QueryError(f"{value!r}: a scope takes * at the beginning or the end of a value only", text)
            return TagMatch(field.name, value)
        case FieldExists(field) if not field.attribute:
            return TagMatch(field.name, "*")
        case SearchNot(term):
            return ScopeNot(_as_scope(term, text))
        case SearchAnd(terms):
            return ScopeAnd(tuple(_as_scope(term, text) for term in terms), commas=False)
        case SearchOr(terms):
            return ScopeOr(tuple(_as_scope(term, text) for term in terms))
        case _:
            raise QueryError("a scope is made of key:value tags, AND, OR and NOT", text)

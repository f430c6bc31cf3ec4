"""What Datadog does not take in the scope of a downtime or of a notification rule, though it could be evaluated here.

Source: the limitations on Datadog's pages of downtimes and notification rules; checked by
tests/unit/monitors/downtime/test_limits.py.
"""

import re
from collections.abc import Iterator
from typing import Final

from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Scope, ScopeAnd, ScopeNot, ScopeOr, TagMatch

MOST_LEVELS: Final = 2
MOST_RULE_SCOPE_CHARS: Final = 3_000
_KEY: Final = re.compile(r"[\w.\-/@]+").fullmatch
_OPERATORS: Final = frozenset({"or", "and", "not"})


def check_downtime_scope(scope: Scope, text: str) -> None:
    """Raises: QueryError - a scope that Datadog refuses, or one that surely is not what was meant."""
    tags = list(tags_of_scope(scope))
    _check_tags(tags, text)
    if isinstance(scope, ScopeOr) and len({tag.key for tag in tags}) > 1:
        raise QueryError("a downtime's scope cannot be a union of different keys; schedule one for each", text)
    if _levels(scope) > MOST_LEVELS:
        raise QueryError(f"a downtime's scope has at most {MOST_LEVELS} levels of AND and OR", text)
    _check_negations(scope, text)


def check_rule_scope(scope: Scope, text: str) -> None:
    """Raises: QueryError - a scope that Datadog refuses: wildcards take the place of a whole value there."""
    if len(text) > MOST_RULE_SCOPE_CHARS:
        raise QueryError(f"the scope of a rule has at most {MOST_RULE_SCOPE_CHARS} characters, not {len(text)}")
    tags = list(tags_of_scope(scope))
    _check_tags(tags, text)
    for tag in tags:
        if tag.value is not None and "*" in tag.value and tag.value != "*":
            raise QueryError(f"{tag.key}:{tag.value}: in the scope of a rule a * stands alone", text)


def tags_of_scope(scope: Scope) -> Iterator[TagMatch]:
    """All tags that a scope names."""
    match scope:
        case TagMatch():
            yield scope
        case ScopeNot(term):
            yield from tags_of_scope(term)
        case ScopeAnd(terms) | ScopeOr(terms):
            for term in terms:
                yield from tags_of_scope(term)
        case _:
            return


def _check_tags(tags: list[TagMatch], text: str) -> None:
    keys = [tag.key for tag in tags]
    for tag in tags:
        if tag.value is None:
            raise QueryError("All values must have a key", text)
        if _KEY(tag.key) is None:
            raise QueryError(f"{tag.key!r} is not the key of a tag", text)
        if "?" in tag.value:
            raise QueryError(f"{tag.key}:{tag.value}: a scope knows no ?, only *", text)
        if tag.value in _OPERATORS and keys.count(tag.key) > 1:
            raise QueryError(f"{tag.key}:{tag.value}: operators within parentheses are upper case", text)


def _levels(scope: Scope) -> int:
    match scope:
        case ScopeNot(term):
            return _levels(term)
        case ScopeAnd(terms) | ScopeOr(terms):
            return 1 + max(map(_levels, terms), default=0)
        case _:
            return 0


def _check_negations(scope: Scope, text: str) -> None:
    """Only a tag, or a union of values, can be negated, and not within a union."""
    match scope:
        case ScopeNot(ScopeAnd() | ScopeNot()):
            raise QueryError("a downtime's scope negates single tags and unions only", text)
        case ScopeOr(terms) if any(isinstance(term, ScopeNot) for term in terms):
            raise QueryError("a downtime's scope negates nothing within a union", text)
        case ScopeNot(term):
            _check_negations(term, text)
        case ScopeAnd(terms) | ScopeOr(terms):
            for term in terms:
                _check_negations(term, text)
        case _:
            return

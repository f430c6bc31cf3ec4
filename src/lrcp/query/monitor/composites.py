"""Composites: `123 && !456 || (789)`; ! binds tighter than &&, && tighter than ||."""

from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.monitor.ast import Both, CompositeQuery, Condition, Either, Opposite, Reference

MAX_REFERENCES: Final = 100
"""Far above what a composite may have (check.py): it only bounds the tree."""
_MAX_ID_DIGITS: Final = 18


def parse_composite(cursor: Cursor) -> CompositeQuery:
    """The whole query. Raises: QueryError."""
    if sum(token.kind == "number" for token in cursor.tokens) > MAX_REFERENCES:
        raise cursor.error(f"the composite names more than {MAX_REFERENCES} monitors")
    condition = _parse_either(cursor)
    cursor.expect("end", "&& or || or the end of the query")
    return CompositeQuery(condition)


def _parse_either(cursor: Cursor) -> Condition:
    left = _parse_both(cursor)
    while cursor.accept("||"):
        left = Either(left, _parse_both(cursor))
    return left


def _parse_both(cursor: Cursor) -> Condition:
    left = _parse_one(cursor)
    while cursor.accept("&&"):
        left = Both(left, _parse_one(cursor))
    return left


def _parse_one(cursor: Cursor) -> Condition:
    cursor.enter()
    if cursor.accept("!"):
        found: Condition = Opposite(_parse_one(cursor))
    elif cursor.accept("("):
        found = _parse_either(cursor)
        cursor.expect(")", "&& or || or )")
    else:
        found = _parse_reference(cursor)
    cursor.leave()
    return found


def _parse_reference(cursor: Cursor) -> Condition:
    token = cursor.expect("number", "a monitor's id or ! or (")
    if not token.value.isdecimal() or len(token.value) > _MAX_ID_DIGITS:
        raise cursor.error(f"{token.value} is not a monitor's id", at=token)
    return Reference(int(token.value))

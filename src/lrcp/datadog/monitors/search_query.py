"""The language of the monitor search: `status:alert type:metric tag:"team:shop" -muted:true checkout`.

The grammar is that of the search over logs; the fields are a monitor's. A word without a field is a part of the name; a
field that is none of FIELDS is the key of a tag.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from lrcp.datadog.errors import invalid
from lrcp.query.errors import QueryError
from lrcp.query.search.ast import (
    ANY,
    FieldExists,
    FieldIs,
    FreeText,
    MatchAll,
    Pattern,
    Search,
    SearchAnd,
    SearchNot,
    SearchOr,
)
from lrcp.query.search.globs import compile_glob
from lrcp.query.search.parser import parse_search

FIELDS: Final = (
    "status",
    "type",
    "tag",
    "title",
    "metric",
    "scope",
    "group",
    "group_status",
    "muted",
    "creator",
    "notification",
    "priority",
    "id",
    "query",
    "draft_status",
)
STATUSES: Final = ("alert", "warn", "no data", "ok", "ignored", "skipped", "unknown")
_STATUS_FIELDS: Final = ("status", "group_status")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is searched: name, and the values of each field, all in lower case. tags also under the field `tag`."""

    name: str
    fields: Mapping[str, tuple[str, ...]]
    tags: tuple[str, ...] = ()


Test = Callable[[Candidate], bool]


def compile_monitor_search(text: str) -> Test:
    """Whether a candidate is found. Raises: Refusal - 400 in the server's words."""
    try:
        return _compile(parse_search(text))
    except QueryError as error:
        raise invalid(f"Query parsing error: {error}") from None


def _compile(search: Search) -> Test:
    match search:
        case MatchAll():
            return lambda candidate: True
        case SearchNot(term):
            test = _compile(term)
            return lambda candidate: not test(candidate)
        case SearchAnd(terms):
            tests = [_compile(term) for term in terms]
            return lambda candidate: all(test(candidate) for test in tests)
        case SearchOr(terms):
            tests = [_compile(term) for term in terms]
            return lambda candidate: any(test(candidate) for test in tests)
        case FreeText(pattern):
            words = compile_glob(_lower(pattern, everywhere=True))
            return lambda candidate: words(candidate.name)
        case FieldIs(field, pattern):
            return _compile_field(field.name.lower(), pattern)
        case FieldExists(field):
            return _compile_field(field.name.lower(), Pattern((ANY,)))
        case _:
            raise invalid("Query parsing error: monitors are searched by words and key:value only")


def _compile_field(name: str, pattern: Pattern) -> Test:
    if name in _STATUS_FIELDS:
        _check_status(pattern)
    if name not in FIELDS:
        return _compile_tag(name, pattern)
    wanted = compile_glob(_lower(pattern, everywhere=name in ("title", "query")))
    if name == "title":
        return lambda candidate: wanted(candidate.name)
    return lambda candidate: any(map(wanted, candidate.fields.get(name, ())))


def _compile_tag(key: str, pattern: Pattern) -> Test:
    wanted = compile_glob(_lower(pattern))
    return lambda candidate: any(
        tag.partition(":")[0] == key and wanted(tag.partition(":")[2]) for tag in candidate.tags
    )


def _check_status(pattern: Pattern) -> None:
    word = pattern.literal
    if word is not None and word.lower() not in STATUSES:
        raise invalid(f"Query parsing error: '{word}' is not a valid monitor status")


def _lower(pattern: Pattern, *, everywhere: bool = False) -> Pattern:
    """A pattern in lower case; everywhere: it may stand anywhere in the value."""
    parts = tuple(part.lower() if isinstance(part, str) else part for part in pattern.parts)
    parts = tuple(part for part in parts if part != "")
    if everywhere:
        parts = (*(() if parts[:1] == (ANY,) else (ANY,)), *parts, *(() if parts[-1:] == (ANY,) else (ANY,)))
        parts = (ANY,) if all(part == ANY for part in parts) else parts
    return Pattern(parts or ("",))

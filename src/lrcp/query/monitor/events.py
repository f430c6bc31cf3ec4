"""Queries over events: `logs("...").index("main").rollup("count").by("a,b").last("5m") > 2` and its relatives."""

from dataclasses import dataclass, replace
from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.errors import QueryError
from lrcp.query.monitor.ast import EventMonitorQuery, Window
from lrcp.query.monitor.chain import (
    Link,
    moved_error,
    no_arguments,
    one_text,
    parse_comparison,
    parse_link,
    parse_links,
    refuse_unknown,
    split_keys,
)
from lrcp.query.monitor.windows import find_plain_window
from lrcp.query.search.ast import Search
from lrcp.query.search.parser import parse_search

SOURCES: Final = (
    "logs", "trace-analytics", "llm-observability", "events", "rum", "ci-pipelines", "ci-tests", "error-tracking",
    "error-tracking-rum", "audits", "database-monitoring", "network-performance", "network-path", "processes",
)  # fmt: skip
_COMMON: Final = ("index", "rollup", "by", "last", "current")
_CALLS: Final = {
    "error-tracking": ("source", "new", "impact", *_COMMON),
    "error-tracking-rum": ("source", "new", "impact", *_COMMON),
    "processes": ("over", "rollup", "by", "last", "current"),
}
_WITHOUT_ROLLUP: Final = ("error-tracking", "error-tracking-rum")


@dataclass(slots=True)
class _Parts:
    """What the calls of a chain have said so far."""

    indexes: tuple[str, ...] = ()
    aggregation: str = ""
    measure: str = ""
    by: tuple[str, ...] = ()
    window: Window | None = None
    over: tuple[str, ...] = ()
    calls: tuple[tuple[str, tuple[str, ...]], ...] = ()


def parse_event_monitor(cursor: Cursor) -> EventMonitorQuery:
    """The whole query. Raises: QueryError."""
    head = parse_link(cursor)
    search, tree = _parse_search(cursor, head)
    links = parse_links(cursor)
    refuse_unknown(cursor, links, _CALLS.get(head.name, _COMMON))
    parts = _Parts()
    for link in links:
        _READERS[link.name](cursor, link, parts)
    if not parts.aggregation and head.name in _WITHOUT_ROLLUP:
        parts.aggregation = "count"
    if not parts.aggregation or parts.window is None:
        cursor.fail((".last()",) if parts.aggregation else (".rollup()",))
    found = (head.name, search, tree, parts.indexes, parts.aggregation, parts.measure, parts.by, parts.window)
    return EventMonitorQuery(*found, parse_comparison(cursor), parts.over, parts.calls)


def _parse_search(cursor: Cursor, head: Link) -> tuple[str, Search]:
    argument = one_text(cursor, head, "a search")
    try:
        return argument.value, parse_search(argument.value)
    except QueryError as error:
        raise moved_error(cursor, argument, error) from None


def _read_index(cursor: Cursor, link: Link, parts: _Parts) -> None:
    if not link.arguments or not all(one.kind == "text" and one.value for one in link.arguments):
        raise cursor.error(".index() takes names of indexes in quotes", at=link.token)
    parts.indexes = link.values


def _read_rollup(cursor: Cursor, link: Link, parts: _Parts) -> None:
    if not 1 <= len(link.arguments) <= 2 or not all(one.kind == "text" and one.value for one in link.arguments):
        raise cursor.error(
            '.rollup() takes an aggregation and a facet, such as "cardinality", "@usr.id"', at=link.token
        )
    parts.aggregation = link.arguments[0].value
    parts.measure = link.arguments[1].value if len(link.arguments) == 2 else ""


def _read_by(cursor: Cursor, link: Link, parts: _Parts) -> None:
    parts.by = split_keys(cursor, link)


def _read_last(cursor: Cursor, link: Link, parts: _Parts) -> None:
    if parts.window is not None:
        raise cursor.error("a query has .last() or .current(), not both", at=link.token)
    parts.window = read_window(cursor, link)


def read_window(cursor: Cursor, link: Link) -> Window:
    """The window of `.last("5m")` or of `.current("1d")`, which is `.last("current_1d")`. Raises: QueryError."""
    if link.name == "last":
        return read_last(cursor, link)
    found = find_plain_window(link.arguments[0].value) if len(link.arguments) == 1 else None
    if found is None or found.kind != "last":
        raise cursor.error(".current() takes a length of time", ('"1h"', '"1d"', '"1mo"'), link.token)
    return replace(found, kind="current")


def read_last(cursor: Cursor, link: Link) -> Window:
    """The window of `.last("5m")` or `.last(10d)`. Raises: QueryError."""
    found = find_plain_window(link.arguments[0].value) if len(link.arguments) == 1 else None
    if found is None:
        raise cursor.error(".last() takes a window of time", ('"5m"', '"current_1d"'), link.token)
    return found


def _read_over(cursor: Cursor, link: Link, parts: _Parts) -> None:
    parts.over = split_keys(cursor, link)


def _read_call(cursor: Cursor, link: Link, parts: _Parts) -> None:
    if link.name == "source":
        one_text(cursor, link, "a source of issues")
    else:
        no_arguments(cursor, link)
    parts.calls = (*parts.calls, (link.name, link.values))


_READERS: Final = {
    "index": _read_index,
    "rollup": _read_rollup,
    "by": _read_by,
    "last": _read_last,
    "current": _read_last,
    "over": _read_over,
    "source": _read_call,
    "new": _read_call,
    "impact": _read_call,
}

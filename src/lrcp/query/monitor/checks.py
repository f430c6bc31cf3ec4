"""Queries of service checks: `"ntp.in_sync".over("env:prod").exclude("host:x").by("host").last(2).count_by_status()`."""

from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.monitor.ast import CheckMonitorQuery
from lrcp.query.monitor.chain import (
    Link,
    no_arguments,
    parse_comparison,
    parse_links,
    refuse_unknown,
    split_keys,
)

_ENDS: Final = ("count_by_status", "pct_by_status")
_CALLS: Final = ("over", "exclude", "by", "last", *_ENDS)


def parse_check_monitor(cursor: Cursor) -> CheckMonitorQuery:
    """The whole query. Raises: QueryError."""
    check = cursor.expect("text", "the name of a check in quotes")
    if not check.value.strip():
        raise cursor.error("the check has no name", at=check)
    links = parse_links(cursor)
    refuse_unknown(cursor, links, _CALLS)
    named = {link.name: link for link in links}
    if not links or links[-1].name not in _ENDS or sum(name in named for name in _ENDS) != 1:
        cursor.fail((".count_by_status()", ".pct_by_status()"))
    no_arguments(cursor, links[-1])
    if "last" not in named:
        raise cursor.error("the query does not say how many statuses count", (".last(n)",), links[-1].token)
    comparison = parse_comparison(cursor) if cursor.token.kind != "end" else None
    keys = {name: split_keys(cursor, named[name]) if name in named else () for name in ("over", "exclude", "by")}
    percent = links[-1].name == "pct_by_status"
    return CheckMonitorQuery(
        check.value, **keys, last=_last(cursor, named["last"]), percent=percent, comparison=comparison
    )


def _last(cursor: Cursor, link: Link) -> int:
    argument = link.arguments[0] if len(link.arguments) == 1 else None
    if argument is None or argument.kind not in ("number", "text") or not argument.value.isdecimal():
        raise cursor.error(".last() takes a whole number of statuses", ("2",), link.token)
    return int(argument.value[:9])

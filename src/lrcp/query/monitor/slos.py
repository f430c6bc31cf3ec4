"""Queries of SLO alerts: `error_budget("id").over("7d") > 75`, `burn_rate("id").over("30d").long_window("1h").short_window("5m") > 14.4`."""

from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.monitor.ast import SloQuery, Window
from lrcp.query.monitor.chain import Link, one_text, parse_comparison, parse_link, parse_links, refuse_unknown
from lrcp.query.monitor.windows import find_plain_window

_CALLS: Final = {"error_budget": ("over",), "burn_rate": ("over", "long_window", "short_window")}


def parse_slo_monitor(cursor: Cursor) -> SloQuery:
    """The whole query. Raises: QueryError."""
    head = parse_link(cursor)
    slo = one_text(cursor, head, "the id of an SLO")
    if not slo.value.strip():
        raise cursor.error("the id of the SLO is empty", at=slo.token)
    links = parse_links(cursor)
    refuse_unknown(cursor, links, _CALLS[head.name])
    windows = {link.name: _window(cursor, link) for link in links}
    for name in ("over", *(("long_window",) if head.name == "burn_rate" else ())):
        if name not in windows:
            cursor.fail((f".{name}()",))
    comparison = parse_comparison(cursor)
    return SloQuery(
        head.name, slo.value, windows["over"], comparison, windows.get("long_window"), windows.get("short_window")
    )


def _window(cursor: Cursor, link: Link) -> Window:
    found = find_plain_window(one_text(cursor, link, "a window of time").value)
    if found is None or found.kind != "last":
        raise cursor.error(f".{link.name}() takes a window of time", ('"1h"', '"7d"'), link.token)
    return found

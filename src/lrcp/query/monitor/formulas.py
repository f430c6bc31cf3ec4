"""Formula monitors: `formula("query2 / query1 * 100").by("host").last("15m") >= 0.8`; the queries are in options.variables."""

from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Expression
from lrcp.query.metric.parser import parse_formula
from lrcp.query.monitor.ast import FormulaMonitorQuery
from lrcp.query.monitor.chain import (
    Link,
    moved_error,
    one_text,
    parse_comparison,
    parse_link,
    parse_links,
    refuse_unknown,
    split_keys,
)
from lrcp.query.monitor.events import read_window

_CALLS: Final = ("rollup", "by", "last", "current", "anomaly")


def parse_formula_monitor(cursor: Cursor) -> FormulaMonitorQuery:
    """The whole query. Raises: QueryError."""
    formula, tree = _parse_formula(cursor, parse_link(cursor))
    links = {link.name: link for link in parse_links(cursor)}
    refuse_unknown(cursor, list(links.values()), _CALLS)
    over = links.get("last") or links.get("current")
    if over is None:
        cursor.fail((".last()",))
    if {"last", "current"} <= links.keys():
        raise cursor.error("a query has .last() or .current(), not both", at=over.token)
    return FormulaMonitorQuery(
        formula=formula,
        expression=tree,
        rollup=one_text(cursor, links["rollup"], "a reducer").value if "rollup" in links else "",
        by=split_keys(cursor, links["by"]) if "by" in links else (),
        window=read_window(cursor, over),
        anomaly=_anomaly(cursor, links["anomaly"]) if "anomaly" in links else None,
        quoted_window=over.arguments[0].kind == "text",
        comparison=parse_comparison(cursor),
    )


def _parse_formula(cursor: Cursor, head: Link) -> tuple[str, Expression]:
    argument = one_text(cursor, head, "a formula")
    try:
        return argument.value, parse_formula(argument.value)
    except QueryError as error:
        raise moved_error(cursor, argument, error) from None


def _anomaly(cursor: Cursor, link: Link) -> tuple[tuple[str, str | float], ...]:
    for argument in link.arguments:
        if not argument.name or argument.kind not in ("text", "number"):
            raise cursor.error('.anomaly() takes name=value, such as direction="above"', at=argument.token)
    return tuple((one.name, float(one.value) if one.kind == "number" else one.value) for one in link.arguments)

"""Queries of metric monitors: `avg(last_5m):<expression> > 5`, `change(avg(last_5m),1h_ago):...`."""

from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.errors import COMPARISONS
from lrcp.query.metric.parser import ExpressionParser
from lrcp.query.monitor.ast import Change, MetricMonitorQuery, Window
from lrcp.query.monitor.chain import parse_comparison
from lrcp.query.monitor.windows import read_shift, read_window

REDUCERS: Final = ("avg", "sum", "min", "max", "percentile")
CHANGES: Final = ("change", "pct_change")


def parse_metric_monitor(cursor: Cursor) -> MetricMonitorQuery:
    """The whole query. Raises: QueryError."""
    change: Change | None = None
    if cursor.token.value in CHANGES:
        reducer, window, change = _parse_change(cursor)
    else:
        reducer, window = _parse_head(cursor)
    cursor.expect(":")
    expression = ExpressionParser(cursor).parse()
    if cursor.token.kind not in ("compare", "end"):
        cursor.fail(("+", "-", "*", "/", *COMPARISONS))
    return MetricMonitorQuery(reducer, window, expression, parse_comparison(cursor), change)


def _parse_head(cursor: Cursor) -> tuple[str, Window]:
    """`avg(last_5m)`."""
    name = cursor.take()
    if name.value not in REDUCERS:
        raise cursor.error(f"{name.value!r} reduces no window", REDUCERS, name)
    cursor.expect("(")
    window = read_window(cursor)
    cursor.expect(")")
    return name.value, window


def _parse_change(cursor: Cursor) -> tuple[str, Window, Change]:
    """`change(avg(last_5m),1h_ago)`."""
    kind = cursor.take().value
    cursor.expect("(")
    reducer, window = _parse_head(cursor)
    cursor.expect(",")
    shift, ago = read_shift(cursor)
    cursor.expect(")")
    return reducer, window, Change(kind, shift, ago)

"""Parser of whole monitor queries: what a query begins with says which family it is of, and its module parses it.

Whether a type of monitor takes that family is check.py's question. Source: DATADOG.md 3.1 to 3.3; checked by
tests/spec/query.
"""

from collections.abc import Callable
from typing import Final

from lrcp.query.cursor import Cursor, describe
from lrcp.query.errors import OperatorError, QueryError
from lrcp.query.lexer import CHAIN_TOKENS, METRIC_TOKENS, Token, tokenize
from lrcp.query.monitor.ast import MonitorQuery
from lrcp.query.monitor.checks import parse_check_monitor
from lrcp.query.monitor.composites import parse_composite
from lrcp.query.monitor.events import SOURCES, parse_event_monitor
from lrcp.query.monitor.formulas import parse_formula_monitor
from lrcp.query.monitor.heads import MONITOR_TYPES, heads_of
from lrcp.query.monitor.metrics import CHANGES, REDUCERS, parse_metric_monitor
from lrcp.query.monitor.slos import parse_slo_monitor

_Parse = Callable[[Cursor], MonitorQuery]
_CHAINS: Final[dict[str, _Parse]] = {
    **dict.fromkeys(SOURCES, parse_event_monitor),
    "formula": parse_formula_monitor,
    "burn_rate": parse_slo_monitor,
    "error_budget": parse_slo_monitor,
}
_METRIC_HEADS: Final = frozenset((*REDUCERS, *CHANGES))
_UNCOMPARED: Final = frozenset({"composite", "service check"})
"""Types whose queries compare nothing."""


def parse_monitor_query(type: str, text: str) -> MonitorQuery:
    """A monitor's query as a tree; white space around it does not matter.

    Raises: QueryError - it cannot be read, or the type does not exist; OperatorError - it compares nothing.
    """
    if type not in MONITOR_TYPES:
        raise QueryError(f"there is no type of monitor {type!r}")
    if type == "composite":
        return parse_composite(_cursor(text))
    cursor = _cursor(text)
    if type not in _UNCOMPARED and not any(token.kind == "compare" for token in cursor.tokens):
        raise OperatorError(text, len(text.rstrip()))
    parse = _find_parse(cursor.token)
    if parse is None:
        raise cursor.error(f"no query begins with {describe(cursor.token)}", heads_of(type))
    return parse(cursor)


def _cursor(text: str) -> Cursor:
    """At the beginning; the names of a metric query hold dots, those of the others do not."""
    head = text.lstrip().partition("(")[0].rstrip()
    return Cursor(text, tokenize(text, METRIC_TOKENS if head in _METRIC_HEADS else CHAIN_TOKENS))


def _find_parse(first: Token) -> _Parse | None:
    if first.kind == "text":
        return parse_check_monitor
    if first.kind in ("number", "(", "!"):
        return parse_composite
    if first.kind != "name":
        return None
    return parse_metric_monitor if first.value in _METRIC_HEADS else _CHAINS.get(first.value)

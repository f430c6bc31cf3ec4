"""The case files of tests/spec/query: plain text, one query a line under the type of monitor that it is for.

    [query alert]                     a type of monitor, or expression, formula, scope
    avg(last_5m):avg:x{*} > 5         accepted; printed as it stands
    avg(last_5m):avg:x{*}>5           accepted; printed as the line below says
      = avg(last_5m):avg:x{*} > 5
    avg(last_5m):avg:x{*} >           refused; the caret stands below the place of the fault
                           ^ found the end of the query; expected a number or threshold
    avg(next_1w):avg:x{*}>5           refused by the checker; ~ is the printed query, into which the caret points
      ~ avg(next_1w):avg:x{*} > 5
            ^ only forecast() looks ahead; expected last_5m

Empty lines and lines that begin with # are for people. `\\n` in a query is a line feed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lrcp.query.errors import QueryError
from lrcp.query.metric.parser import parse_expression, parse_formula, parse_scope
from lrcp.query.metric.printer import print_expression, print_scope
from lrcp.query.monitor.check import check_monitor_query
from lrcp.query.monitor.parser import parse_monitor_query
from lrcp.query.monitor.printer import print_monitor_query

PARTS: dict[str, Callable[[str], str]] = {
    "expression": lambda text: print_expression(parse_expression(text)),
    "formula": lambda text: print_expression(parse_formula(text)),
    "scope": lambda text: print_scope(parse_scope(text)),
}


@dataclass(frozen=True)
class QueryCase:
    """A query of a file with the lines that must follow it. line: where it stands, from 1."""

    line: int
    section: str
    query: str
    expected: tuple[str, ...]


def read_query_cases(path: Path) -> Iterator[QueryCase]:
    """The cases of a file, in their order."""
    section, open_case = "", None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith(("  = ", "  ~ ")) or re.match(r" *\^ ", line):
            assert open_case is not None, f"{path.name}:{number} answers no query"
            open_case = QueryCase(open_case.line, section, open_case.query, (*open_case.expected, line))
            continue
        if open_case is not None:
            yield open_case
            open_case = None
        if line.startswith("["):
            section = line.strip("[]")
        elif line.strip() and not line.startswith("#"):
            open_case = QueryCase(number, section, line.replace("\\n", "\n"), ())
    if open_case is not None:
        yield open_case


def answer_query(section: str, query: str) -> tuple[str, ...]:
    """The lines that belong below a query."""
    try:
        printed = PARTS[section](query) if section in PARTS else _print_checked(section, query)
    except QueryError as error:
        return tuple(_show_error(error, query))
    return () if printed == query else (f"  = {printed}",)


def _print_checked(section: str, query: str) -> str:
    tree = parse_monitor_query(section, query)
    check_monitor_query(section, tree)
    return print_monitor_query(tree)


def _show_error(error: QueryError, query: str) -> Iterator[str]:
    indent = 0
    if error.text and error.text != query:
        yield f"  ~ {error.text}"
        indent = 4
    reason = str(error).partition(" (line ")[0]
    yield f"{' ' * (indent + error.offset)}^ {reason}"

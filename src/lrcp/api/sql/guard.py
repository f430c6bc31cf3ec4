"""What a user's SQL may do: read the telemetry tables. Decided on the engine's own parse of it, by lists of what is allowed.

The embedded engine runs inside this process, where `file()`, `url()` and even FROM '/etc/passwd' would read, so nothing
is taken on trust: one statement, of a reading kind, over named tables, with functions that stay inside the engine.
"""

import re
from collections.abc import Iterable
from typing import Final

from lrcp.api.problems import ApiError

TABLES: Final = ("spans", "evaluations", "metrics", "logs", "events", "checks", "monitor_evaluations")
SYSTEM_TABLES: Final = frozenset(
    {"system.columns", "system.functions", "system.numbers", "system.one", "system.tables"}
)
TABLE_FUNCTIONS: Final = frozenset(
    {"format", "generaterandom", "generateseries", "generate_series", "null", "numbers", "numbers_mt", "sqlstandardvalues",
     "values", "view", "zeros", "zeros_mt"}
)  # fmt: skip
_FORBIDDEN_NAMES: Final = re.compile(
    r"(file|filesystem\w+|ai(classify|embed|extract|filter|generate|redact|similarity|translate)\w*|dictget\w*|dicthas|dictisin"
    r"|joinget\w*|catboost\w*|evalmlmethod|naivebayes\w*|region(to|in|hierarchy)\w*|executable\w*|python|eval|chdb"
    r"|get(clienthttpheader|macro|mergetreesetting|serverport|serversetting|setting|settingordefault|oskernelversion)"
    r"|globalvariable|fqdn|full_?hostname|host_?name|showcertificate|serveruuid|tcpport|authuser|authenticateduser"
    r"|sleep|sleepeachrow|logtrace|throwif|aggthrow|hasthreadfuzzer|zookeeper\w+|currentrequesturl|__\w+)\Z",
    re.IGNORECASE,
).match
"""Functions that reach out of the engine or hold it up. As names they are refused anywhere outside strings: a function
is also called by naming it where a lambda may stand, arrayMap(file, ...), which the syntax tree shows as a column."""

_FIRST_WORDS: Final = frozenset({"SELECT", "WITH", "FROM", "EXPLAIN", "SHOW", "DESCRIBE", "DESC"})
_FORBIDDEN_CLAUSES: Final = (
    r"\bINTO\s+OUTFILE\b",
    r"(?<!\.)\bSETTINGS\s+\w+\s*=",
    r"\bFORMAT\s+\w+\s*\Z",
    r"\bAPPLY\b",
    r"\bTABLE\s+OVERRIDE\b",
)
_SHOW: Final = re.compile(r"SHOW\s+(TABLES|CREATE\s+(TABLE\s+)?(\w+)|COLUMNS\s+FROM\s+(\w+))\s*\Z", re.I).match
_ROOTS: Final = ("SelectWithUnionQuery", "Explain", "DescribeQuery")


def strip_statement(query: str) -> str:
    """The statement without comments around it and without the closing ';'.

    Raises: ApiError 400 - empty, several statements, or not a reading one.
    """
    code = _blank_literals(query)
    end = len(code.rstrip().rstrip(";").rstrip())
    code, statement = code[:end], query[:end]
    start = len(code) - len(code.lstrip())
    code, statement = code[start:], statement[start:]
    words = re.findall(r"[A-Za-z_]+", code)
    first = words[0].upper() if words and code.lstrip("(").startswith(words[0]) else ""
    if not code:
        raise _refuse("the query is empty")
    if ";" in code:
        raise _refuse("only one statement at a time", start + code.index(";"))
    if first not in _FIRST_WORDS:
        raise _refuse(f"only {', '.join(sorted(_FIRST_WORDS))} are allowed", start)
    for clause in _FORBIDDEN_CLAUSES:
        if found := re.search(clause, code, re.I):
            raise _refuse(f"{found[0].split()[0].upper()} is not allowed here", start + found.start())
    _check_names(statement, start)
    return statement


def _check_names(statement: str, start: int) -> None:
    """Refuse forbidden names, quoted or not, and quoted names with escapes, which could spell one."""
    for token in _TOKEN.finditer(statement):
        name = token["bare"] or (token["quoted"] or "")[1:-1]
        if token["quoted"] and "\\" in name:
            raise _refuse("a quoted name may not hold a backslash", start + token.start())
        if name and _FORBIDDEN_NAMES(name):
            raise _refuse(f"{name} is not allowed here", start + token.start())


def is_allowed_show(statement: str) -> bool:
    """Whether a SHOW statement is one of those allowed. Raises: ApiError 400 when it is another."""
    if not statement.upper().startswith("SHOW"):
        return False
    found = _SHOW(statement)
    if not found:
        raise _refuse("of SHOW, only SHOW TABLES, SHOW COLUMNS FROM table and SHOW CREATE TABLE table are allowed")
    table = found[3] or found[4]
    if table:
        _check_table(table.lower(), frozenset())
    return True


_NODE = re.compile(r"( *)(\S+)(?: (.*?))?(?: \(children \d+\))?\Z")


def check_syntax_tree(lines: Iterable[str], named: frozenset[str]) -> None:
    """Refuse what is not on the lists. lines: the engine's EXPLAIN AST of the statement; named: its subquery_names.

    Raises: ApiError 400 - says which table or function.
    """
    nodes = [(len(match[1]), match[2], match[3] or "") for line in lines if (match := _NODE.match(line))]
    if not nodes or nodes[0][1] not in _ROOTS:
        raise _refuse("only reading statements are allowed")
    for index, (_, kind, rest) in enumerate(nodes):
        name = re.sub(r" \(alias .*\)\Z", "", rest)
        inside_table = index > 0 and nodes[index - 1][1] == "TableExpression"
        if kind == "TableIdentifier":
            _check_table(name, named)
        elif kind == "Function" and inside_table:
            _check_table_function(name.lower())
        elif kind == "Set":
            raise _refuse("SETTINGS is not allowed here")
    _check_in_operands(nodes, named)


def _check_table(name: str, named: frozenset[str]) -> None:
    bare = name.removeprefix("default.")
    if bare in TABLES or name in named or name.lower() in SYSTEM_TABLES:
        return
    raise _refuse(f"there is no table {name[:100]!r} here; the tables are {', '.join(TABLES)}")


def _check_table_function(name: str) -> None:
    if name not in TABLE_FUNCTIONS:
        raise _refuse(f"the table function {name} is not allowed here")


def subquery_names(statement: str) -> frozenset[str]:
    """Names that the statement itself gives to subqueries: WITH name AS (...). The syntax tree does not show them."""
    return frozenset(_SUBQUERY_NAME.findall(_blank_literals(statement)))


_SUBQUERY_NAME = re.compile(r"\b([A-Za-z_]\w*)\s+AS\s*(?:MATERIALIZED\s*)?\(", re.I)
_IN: Final = frozenset(
    {"in", "notin", "globalin", "globalnotin", "nullin", "notnullin", "globalnullin", "globalnotnullin"}
)


def _check_in_operands(nodes: list[tuple[int, str, str]], named: frozenset[str]) -> None:
    """The right side of IN may be a table or a table function, which the tree shows as a plain name."""
    for index, (depth, kind, rest) in enumerate(nodes):
        if kind != "Function" or rest.split(" ")[0].lower() not in _IN:
            continue
        inside = []
        for node in nodes[index + 1 :]:
            if node[0] <= depth:
                break
            inside.append(node)
        operands = [node for node in inside if node[0] == depth + 2]
        if not operands:
            continue
        _, operand, name = operands[-1]
        if operand == "Function" and name.split(" ")[0].lower() not in (
            TABLE_FUNCTIONS | {"tuple", "array", "_cast", "cast"}
        ):
            raise _refuse(f"{name.split(' ')[0]} is not allowed on the right of IN; write a list or a subquery")
        if operand == "Identifier":
            _check_table(name, named)


def _refuse(reason: str, position: int | None = None) -> ApiError:
    return ApiError(400, reason, errors=[{"field": "body.query", "message": reason}], position=position)


_QUOTED_NAME: Final = r"`(?:[^`\\]|\\.|``)*`|\"(?:[^\"\\]|\\.|\"\")*\""
_OPAQUE: Final = r"'(?:[^'\\]|\\.|'')*'|--[^\n]*|#[! ][^\n]*|/\*.*?\*/|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$"
"""Strings and comments."""
_LITERAL = re.compile(f"{_OPAQUE}|{_QUOTED_NAME}", re.S)
_TOKEN = re.compile(f"{_OPAQUE}|(?P<quoted>{_QUOTED_NAME})|(?P<bare>[A-Za-z_]\\w*)", re.S)


_CURLY_QUOTE = re.compile("[\u2018\u2019\u201c\u201d]")
"""The engine takes them for quotes."""


def _blank_literals(query: str) -> str:
    """The query with strings, quoted names and comments blanked, each character in its place.

    Raises: ApiError 400 - a quote or a comment that does not end, which would hide what follows.
    """

    def blank(match: re.Match[str]) -> str:
        comment = match[0][:2] in ("--", "/*", "# ", "#!")
        return (" " if comment else "x") * len(match[0])

    code = _LITERAL.sub(blank, query)
    for mark in ("'", "`", '"', "/*"):
        if mark in code:
            raise _refuse("a quote or a comment does not end", code.index(mark))
    if curly := _CURLY_QUOTE.search(code):
        raise _refuse("write straight quotes", curly.start())
    return code

"""What a user's SQL may do: read the telemetry tables. Decided on the engine's own parse of it, by lists of what is allowed.

The embedded engine runs inside this process, where `file()`, `url()` and even FROM '/etc/passwd' would read, so nothing
is taken on trust: one statement, of a reading kind, over named tables, with functions that stay inside the engine.
"""

import re
from collections.abc import Iterable
from typing import Final

from lrcp.api.problems import ApiError

TABLES: Final = ("spans", "evaluations", "metrics", "logs", "events", "checks")
SYSTEM_TABLES: Final = frozenset(
    {"system.columns", "system.functions", "system.numbers", "system.one", "system.tables"}
)
TABLE_FUNCTIONS: Final = frozenset(
    {"format", "generaterandom", "generateseries", "generate_series", "null", "numbers", "numbers_mt", "values", "view", "zeros", "zeros_mt"}
)  # fmt: skip
_FORBIDDEN_FUNCTIONS: Final = re.compile(
    r"(ai[a-z]+|authuser|catboost\w*|chdb\w*|currentrequesturl|dict\w+|eval\w*|executable\w*|file\w*|fqdn|full_?hostname"
    r"|fuzz\w+|get(clienthttpheader|macro|mergetreesetting|serverport|serversetting|setting\w*|oskernelversion)"
    r"|globalvariable|hasthreadfuzzer|host_?name|joinget\w*|logtrace|naivebayes\w*|python\w*|region\w+|remote\w*"
    r"|server\w+|showcertificate|sleep\w*|tcpport|throwif|aggthrow|transaction\w+|zookeeper\w+)\Z",
).match
_INNOCENT: Final = frozenset({"servertimezone"})
_FIRST_WORDS: Final = frozenset({"SELECT", "WITH", "EXPLAIN", "SHOW", "DESCRIBE", "DESC"})
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
    for clause in (r"\bINTO\s+OUTFILE\b", r"(?<!\.)\bSETTINGS\s+\w+\s*=", r"\bFORMAT\s+\w+\s*\Z"):
        if found := re.search(clause, code, re.I):
            raise _refuse(f"{found[0].split()[0].upper()} is not allowed here", start + found.start())
    return statement


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
        elif kind == "Function":
            _check_function(name.lower(), table_function=inside_table)
        elif kind == "Set":
            raise _refuse("SETTINGS is not allowed here")
    _check_in_operands(nodes, named)


def _check_table(name: str, named: frozenset[str]) -> None:
    bare = name.removeprefix("default.")
    if bare in TABLES or name in named or name.lower() in SYSTEM_TABLES:
        return
    raise _refuse(f"there is no table {name[:100]!r} here; the tables are {', '.join(TABLES)}")


def _check_function(name: str, *, table_function: bool) -> None:
    if table_function and name not in TABLE_FUNCTIONS:
        raise _refuse(f"the table function {name} is not allowed here")
    if _FORBIDDEN_FUNCTIONS(name) and name not in _INNOCENT:
        raise _refuse(f"the function {name} is not allowed here")


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


_LITERAL = re.compile(
    r"'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.|``)*`|\"(?:[^\"\\]|\\.|\"\")*\"|--[^\n]*|#[! ][^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$",
    re.S,
)


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
    return code

"""Parser of metric expressions and formulas: dispatch by token, one short function a form.

Source: DATADOG.md 3.2; checked by tests/spec/query/metric.test and formula.test.
"""

import math
import re
from collections.abc import Callable
from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.errors import COMPARISONS
from lrcp.query.lexer import METRIC_TOKENS, Token, tokenize
from lrcp.query.metric.ast import (
    Arithmetic,
    Call,
    Everything,
    Expression,
    Keyword,
    MetricQuery,
    Modifier,
    Negation,
    Number,
    Scope,
    Text,
    ValueCondition,
    Variable,
    Word,
)
from lrcp.query.metric.functions import WORDS
from lrcp.query.metric.scope import parse_scope, parse_scope_at

__all__ = ["parse_expression", "parse_formula", "parse_scope"]

MAX_OPERATORS: Final = 100
"""Signs of arithmetic in one expression."""
SPACE_AGGREGATORS: Final = frozenset({"avg", "sum", "min", "max", "count"})
_AGGREGATORS: Final = ("avg", "sum", "min", "max", "count", "a percentile such as p95")
_PERCENTILE: Final = re.compile(r"p(\d{1,2}(?:\.\d{1,2})?)\Z", re.ASCII).match
_METRIC_NAME: Final = re.compile(r"[A-Za-z][\w.]{0,199}", re.ASCII).fullmatch
_OPERAND: Final = ("a metric query such as avg:metric{*}", "a function", "a number", "(")
_FORMULA_OPERAND: Final = ("the name of a query", "a function", "a number", "(")


def parse_expression(text: str) -> Expression:
    """`p95:llm.request.duration{env:prod} by {model}.rollup(max, 60) / 2` as a tree. Raises: QueryError."""
    return _parse_whole(ExpressionParser(Cursor(text, tokenize(text, METRIC_TOKENS))))


def parse_formula(text: str) -> Expression:
    """`query2 / query1 * 100` as a tree: bare names are Variables. Raises: QueryError."""
    return _parse_whole(ExpressionParser(Cursor(text, tokenize(text, METRIC_TOKENS)), formula=True))


def _parse_whole(parser: "ExpressionParser") -> Expression:
    tree = parser.parse()
    if parser.cursor.token.kind != "end":
        parser.cursor.fail(("+", "-", "*", "/", "the end"))
    return tree


class ExpressionParser:
    """Parses at a cursor and stops behind the expression; a monitor's query goes on there."""

    def __init__(self, cursor: Cursor, *, formula: bool = False) -> None:
        self.cursor = cursor
        self._formula = formula
        self._operators = 0

    def parse(self) -> Expression:
        """The expression that begins here. Raises: QueryError."""
        return self._parse_chain(("+", "-"), self._parse_product)

    def _parse_product(self) -> Expression:
        return self._parse_chain(("*", "/"), self._parse_operand)

    def _parse_chain(self, signs: tuple[str, str], parse_term: Callable[[], Expression]) -> Expression:
        left = parse_term()
        while self.cursor.token.kind in signs:
            self._operators += 1
            if self._operators > MAX_OPERATORS:
                raise self.cursor.error(f"the expression has more than {MAX_OPERATORS} signs of arithmetic")
            sign = self.cursor.take().kind
            left = Arithmetic(sign, left, parse_term())
        return left

    def _parse_operand(self) -> Expression:
        token = self.cursor.token
        parse = _OPERANDS.get(token.kind)
        if parse is None:
            self.cursor.fail(_FORMULA_OPERAND if self._formula else _OPERAND)
        self.cursor.enter()
        tree = parse(self)
        self.cursor.leave()
        return tree

    def _parse_parentheses(self) -> Expression:
        self.cursor.take()
        tree = self.parse()
        if self.cursor.token.kind != ")":
            self.cursor.fail(("+", "-", "*", "/", ")"))
        self.cursor.take()
        return tree

    def _parse_negation(self) -> Expression:
        self.cursor.take()
        return Negation(self._parse_operand())

    def _parse_number(self) -> Expression:
        return Number(read_number(self.cursor))

    def _refuse_dot(self) -> Expression:
        raise self.cursor.error("a number begins with a digit: 0.5, not .5")

    def _parse_name(self) -> Expression:
        """A metric query, a call, or the name of a query; which one, the next token says."""
        behind = self.cursor.next_kind()
        if behind == "(" and not self._counts_values():
            return self._parse_call()
        if self._formula:
            return self._parse_variable()
        if behind in (":", "braces", "("):
            return self._parse_query()
        raise self.cursor.error(f"the bare name {self.cursor.token.value!r} is no metric query", _OPERAND)

    def _parse_variable(self) -> Expression:
        token = self.cursor.take()
        if self.cursor.token.kind in (":", "braces"):
            raise self.cursor.error("a formula takes the names of its queries, not a metric query", at=token)
        return Variable(token.value)

    # --- metric queries ---

    def _counts_values(self) -> bool:
        """Whether this begins `count(v: v<=1):metric{...}`: `v: v` cannot begin a metric query, which needs braces."""
        ahead = self.cursor.tokens[self.cursor.index + 2 : self.cursor.index + 5]
        if len(ahead) < 3:
            return False
        name, colon, again = ahead
        return name.kind == "name" and colon.kind == ":" and again == name._replace(start=again.start)

    def _parse_query(self) -> Expression:
        aggregator, condition = self._parse_aggregator()
        metric = self.cursor.expect("name", "a metric's name")
        if not _METRIC_NAME(metric.value):
            raise self.cursor.error(f"{metric.value!r} is not a metric's name", at=metric)
        braces = self.cursor.expect("braces", "a scope such as {*}")
        scope = self._scope(braces)
        by: tuple[str, ...] = ()
        modifiers: list[Modifier] = []
        while True:
            if self.cursor.token.value == "by" and self.cursor.token.kind == "name":
                by = self._parse_by(by)
            elif self.cursor.token.kind == ".":
                modifiers.append(self._parse_modifier())
            else:
                return MetricQuery(aggregator, metric.value, scope, by, tuple(modifiers), condition)

    def _scope(self, braces: Token) -> Scope:
        if not braces.value.strip():
            return Everything()  # as people write it; the server takes {} for {*}
        return parse_scope_at(braces.value, self.cursor.text, braces.start + 1)

    def _parse_aggregator(self) -> tuple[str, ValueCondition | None]:
        if self.cursor.next_kind() == "braces":
            return "avg", None
        token = self.cursor.take()
        condition = self._parse_condition() if self.cursor.token.kind == "(" else None
        if token.value not in SPACE_AGGREGATORS and not _is_percentile(token.value):
            raise self.cursor.error(f"{token.value!r} aggregates nothing", _AGGREGATORS, token)
        self.cursor.expect(":")
        return token.value, condition

    def _parse_condition(self) -> ValueCondition:
        """`(v: v<=1)`."""
        for _ in range(4):
            self.cursor.take()
        token = self.cursor.expect("compare", "a comparison")
        if token.value not in COMPARISONS:
            raise self.cursor.error(f"{token.value} is no comparison", COMPARISONS, token)
        found = ValueCondition(token.value, read_signed_number(self.cursor))
        self.cursor.expect(")")
        return found

    def _parse_by(self, before: tuple[str, ...]) -> tuple[str, ...]:
        word = self.cursor.take()
        if before:
            raise self.cursor.error("`by` stands here a second time", at=word)
        braces = self.cursor.expect("braces", "group keys such as {host}")
        keys = tuple(dict.fromkeys(key.strip() for key in braces.value.split(",")))
        if not all(_KEY(key) for key in keys):
            raise self.cursor.error("these are no group keys", ("keys between commas",), braces)
        return keys

    def _parse_modifier(self) -> Modifier:
        self.cursor.take()
        name = self.cursor.expect("name", "a modifier such as as_count()")
        if name.value not in MODIFIERS:
            raise self.cursor.error(f"there is no modifier .{name.value}()", MODIFIERS, name)
        self.cursor.expect("(")
        arguments: list[Number | Text | Word] = []
        while self.cursor.token.kind != ")":
            if arguments:
                self.cursor.expect(",", "a comma or )")
            arguments.append(self._parse_literal())
        self.cursor.take()
        return Modifier(name.value, tuple(arguments))

    def _parse_literal(self) -> Number | Text | Word:
        token = self.cursor.token
        if token.kind == "number":
            return Number(read_number(self.cursor))
        if token.kind not in ("text", "name", "word"):
            self.cursor.fail(("a number", "a word", "a text in quotes"))
        self.cursor.take()
        return Text(token.value) if token.kind == "text" else Word(token.value)

    # --- calls ---

    def _parse_call(self) -> Expression:
        name = self.cursor.take().value
        self.cursor.take()
        arguments: list[Expression] = []
        keywords: list[Keyword] = []
        while self.cursor.token.kind != ")":
            if arguments or keywords:
                self.cursor.expect(",", "a comma or )")
            if self._at_keyword():
                keywords.append(self._parse_keyword())
            elif keywords:
                raise self.cursor.error("an argument without a name follows one with a name", ("name=value",))
            else:
                arguments.append(self._parse_argument(first=not arguments))
        self.cursor.take()
        return Call(name, tuple(arguments), tuple(keywords))

    def _at_keyword(self) -> bool:
        behind = self.cursor.tokens[min(self.cursor.index + 1, len(self.cursor.tokens) - 1)]
        return self.cursor.token.kind == "name" and behind.kind == "compare" and behind.value == "="

    def _parse_keyword(self) -> Keyword:
        name = self.cursor.take().value
        self.cursor.take()
        return Keyword(name, self._parse_literal())

    def _parse_argument(self, *, first: bool) -> Expression:
        token = self.cursor.token
        if token.kind == "text":
            return Text(self.cursor.take().value)
        a_word = not self._formula or (not first and token.value.lower() in WORDS)
        if a_word and token.kind == "name" and self.cursor.next_kind() in (",", ")"):
            return Word(self.cursor.take().value)
        return self.parse()


MODIFIERS: Final = ("as_count", "as_rate", "rollup", "fill", "weighted")
_KEY: Final = re.compile(r"[^\s(){}!,]+").fullmatch
_OPERANDS: Final = {
    "name": ExpressionParser._parse_name,
    "number": ExpressionParser._parse_number,
    "(": ExpressionParser._parse_parentheses,
    "-": ExpressionParser._parse_negation,
    ".": ExpressionParser._refuse_dot,
}


def _is_percentile(word: str) -> bool:
    match = _PERCENTILE(word)
    return match is not None and 0 < float(match[1]) < 100


def read_number(cursor: Cursor) -> float:
    """The number here, without a sign. Raises: QueryError."""
    if cursor.token.kind == ".":
        raise cursor.error("a number begins with a digit: 0.5, not .5")
    token = cursor.expect("number")
    value = float(token.value)
    if math.isinf(value):
        raise cursor.error("the number is too large", at=token)
    return value


def read_signed_number(cursor: Cursor) -> float:
    """The number here, which may have a minus. Raises: QueryError."""
    if cursor.accept("-"):
        return -read_number(cursor)
    return read_number(cursor)

"""Printer of expressions and scopes, in one canonical form: parse(print(tree)) == tree. Checked by tests/unit/query."""

from collections.abc import Callable
from typing import Any, Final

from lrcp.query.lexer import quote
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
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TagIn,
    TagMatch,
    TemplateVariable,
    Text,
    Variable,
    Word,
)

_LOOSE, _TIGHT, _UNARY = 1, 2, 3
_BINDING: Final = {"+": _LOOSE, "-": _LOOSE, "*": _TIGHT, "/": _TIGHT}


def print_expression(expression: Expression) -> str:
    """The canonical text of a tree."""
    return _EXPRESSIONS[type(expression)](expression)


def print_number(value: float) -> str:
    """`5`, `0.5`, `-2`, `1e-07`: the shortest text that reads as the same number."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _print_query(query: MetricQuery) -> str:
    aggregator = query.aggregator
    if query.condition is not None:
        aggregator += f"(v: v{query.condition.comparator}{print_number(query.condition.value)})"
    by = f" by {{{','.join(query.by)}}}" if query.by else ""
    modifiers = "".join(map(_print_modifier, query.modifiers))
    return f"{aggregator}:{query.metric}{{{print_scope(query.scope)}}}{by}{modifiers}"


def _print_modifier(modifier: Modifier) -> str:
    return f".{modifier.name}({', '.join(map(print_expression, modifier.arguments))})"


def _print_call(call: Call) -> str:
    keywords = (_print_keyword(one) for one in call.keywords)
    return f"{call.name}({', '.join((*map(print_expression, call.arguments), *keywords))})"


def _print_keyword(keyword: Keyword) -> str:
    return f"{keyword.name}={print_expression(keyword.value)}"


def _print_negation(negation: Negation) -> str:
    return "-" + _within(negation.operand, _UNARY)


def _print_arithmetic(node: Arithmetic) -> str:
    binding = _BINDING[node.operator]
    return f"{_within(node.left, binding)} {node.operator} {_within(node.right, binding + 1)}"


def _within(expression: Expression, binding: int) -> str:
    """In parentheses if it binds less tightly than what it stands in."""
    text = print_expression(expression)
    if isinstance(expression, Arithmetic) and _BINDING[expression.operator] < binding:
        return f"({text})"
    return text


def _print_text(text: Text) -> str:
    return quote(text.value, "'")


def _print_bare(node: Word) -> str:
    return node.value


def _print_variable(node: Variable) -> str:
    return node.name


def _print_literal(node: Number) -> str:
    return print_number(node.value)


_EXPRESSIONS: Final[dict[type, Callable[[Any], str]]] = {
    Number: _print_literal,
    Text: _print_text,
    Word: _print_bare,
    Variable: _print_variable,
    MetricQuery: _print_query,
    Call: _print_call,
    Negation: _print_negation,
    Arithmetic: _print_arithmetic,
}


# --- scopes ---


def print_scope(scope: Scope) -> str:
    """What stands between the braces: `env:prod,!model:x`, or in words where commas cannot say it."""
    if isinstance(scope, ScopeNot) and _simple(scope.term):
        return "!" + print_scope(scope.term)
    return _SCOPES[type(scope)](scope)


def _simple(scope: Scope) -> bool:
    return isinstance(scope, (Everything, TagMatch, TemplateVariable))


def _print_everything(_: Everything) -> str:
    return "*"


def _print_tag(tag: TagMatch) -> str:
    return tag.key if tag.value is None else f"{tag.key}:{tag.value}"


def _print_in(tag: TagIn) -> str:
    return f"{tag.key} IN ({','.join(tag.values)})"


def _print_template(variable: TemplateVariable) -> str:
    key = "" if variable.key is None else f"{variable.key}:"
    return f"{key}${variable.name}{'.value' if variable.value_only else ''}"


def _print_and(scope: ScopeAnd) -> str:
    if scope.commas:
        return ",".join(map(print_scope, scope.terms))
    return " AND ".join(_word_term(one, (ScopeAnd, ScopeOr)) for one in scope.terms)


def _print_or(scope: ScopeOr) -> str:
    return " OR ".join(_word_term(one, (ScopeOr,)) for one in scope.terms)


def _print_not(scope: ScopeNot) -> str:
    if isinstance(scope.term, TagIn):
        return f"{scope.term.key} NOT IN ({','.join(scope.term.values)})"
    return "NOT " + _word_term(scope.term, (ScopeAnd, ScopeOr))


def _word_term(scope: Scope, grouped: tuple[type, ...]) -> str:
    text = _SCOPES[type(scope)](scope)
    return f"({text})" if isinstance(scope, grouped) else text


_SCOPES: Final[dict[type, Callable[[Any], str]]] = {
    Everything: _print_everything,
    TagMatch: _print_tag,
    TagIn: _print_in,
    TemplateVariable: _print_template,
    ScopeNot: _print_not,
    ScopeAnd: _print_and,
    ScopeOr: _print_or,
}

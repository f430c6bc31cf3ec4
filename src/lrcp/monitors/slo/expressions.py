"""The queries of an SLO as expressions: variables replaced, and what only a graph needs left away."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Arithmetic, Call, Expression, MetricQuery, Modifier, Negation, Number, Variable
from lrcp.query.metric.check import check_expression
from lrcp.query.metric.parser import parse_expression, parse_formula


def read_expression(formula: str, queries: Mapping[str, str]) -> Expression:
    """A formula over named queries, or without any a metric expression itself, as one expression.

    Raises: QueryError - it means nothing, or names a query that is not there.
    """
    return _read(formula, tuple(sorted(queries.items())))


@lru_cache(maxsize=2048)
def _read(formula: str, queries: tuple[tuple[str, str], ...]) -> Expression:
    if not queries:
        tree = parse_expression(formula)
    else:
        parsed = {name: parse_expression(text) for name, text in queries}
        tree = _substituted(parse_formula(formula), parsed, formula)
    check_expression(tree, monitor=True)
    return tree


def _substituted(tree: Expression, queries: Mapping[str, Expression], formula: str) -> Expression:
    match tree:
        case Variable():
            if tree.name not in queries:
                at = formula.find(tree.name)
                raise QueryError(f"there is no query {tree.name!r}", formula, at, tuple(sorted(queries)))
            return queries[tree.name]
        case Call():
            inner = tuple(_substituted(one, queries, formula) for one in tree.arguments)
            return replace(tree, arguments=inner)
        case Negation():
            return Negation(_substituted(tree.operand, queries, formula))
        case Arithmetic():
            left, right = (_substituted(one, queries, formula) for one in (tree.left, tree.right))
            return Arithmetic(tree.operator, left, right)
        case _:
            return tree


@lru_cache(maxsize=2048)
def counting(tree: Expression) -> Expression:
    """Every query counts events (as_count), in the buckets that it is asked for: without rollup and fill."""
    return _each_query(tree, counted=True)


@lru_cache(maxsize=2048)
def in_slices(tree: Expression) -> Expression:
    """Every query in the buckets that it is asked for: a rollup keeps its method and loses its interval."""
    return _each_query(tree, counted=False)


def _each_query(tree: Expression, *, counted: bool) -> Expression:
    match tree:
        case MetricQuery():
            return _as_count(tree) if counted else _without_interval(tree)
        case Call():
            return replace(tree, arguments=tuple(_each_query(one, counted=counted) for one in tree.arguments))
        case Negation():
            return Negation(_each_query(tree.operand, counted=counted))
        case Arithmetic():
            left, right = (_each_query(one, counted=counted) for one in (tree.left, tree.right))
            return Arithmetic(tree.operator, left, right)
        case _:
            return tree


def _as_count(query: MetricQuery) -> MetricQuery:
    if query.percentile is not None or query.aggregator in ("avg", "min", "max"):
        what = f"{query.aggregator}:{query.metric}"
        raise QueryError(f"{what} does not count events", expected=("sum:", "count:", "count(v: v<=1):"))
    return replace(query, modifiers=(Modifier("as_count"),))


def _without_interval(query: MetricQuery) -> MetricQuery:
    return replace(query, modifiers=tuple(_method_only(one) for one in query.modifiers))


def _method_only(modifier: Modifier) -> Modifier:
    if modifier.name != "rollup":
        return modifier
    return replace(modifier, arguments=tuple(one for one in modifier.arguments[:1] if not isinstance(one, Number)))

"""Going through the tree of an expression."""

from collections.abc import Iterator

from lrcp.query.metric.ast import Arithmetic, Call, Expression, MetricQuery, Negation, Variable


def nodes_in(expression: Expression) -> Iterator[Expression]:
    """Every node of a tree, outer ones first, from the left."""
    yield expression
    for child in _children(expression):
        yield from nodes_in(child)


def queries_in(expression: Expression) -> Iterator[MetricQuery | Variable]:
    """Every metric query and variable of a tree, from the left."""
    return (node for node in nodes_in(expression) if isinstance(node, MetricQuery | Variable))


def metric_queries_in(expression: Expression) -> list[MetricQuery]:
    """The metric queries of a tree, in the order they are written."""
    return [node for node in nodes_in(expression) if isinstance(node, MetricQuery)]


def calls_in(expression: Expression) -> Iterator[Call]:
    """Every call of a tree, outer ones first."""
    return (node for node in nodes_in(expression) if isinstance(node, Call))


def _children(expression: Expression) -> tuple[Expression, ...]:
    match expression:
        case Call():
            return expression.arguments
        case Negation():
            return (expression.operand,)
        case Arithmetic():
            return (expression.left, expression.right)
        case _:
            return ()

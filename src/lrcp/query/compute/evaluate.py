"""What an expression comes to over a grid, from the answers to its scans. How: docs/monitors/evaluation.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from lrcp.query.compute.arithmetic import Operand, calculate, negate
from lrcp.query.compute.functions.function import arguments_of
from lrcp.query.compute.functions.table import get_function
from lrcp.query.compute.leaf import leaf_of
from lrcp.query.compute.plan import argument_of
from lrcp.query.compute.query import evaluate_leaf, with_points
from lrcp.query.compute.series import SeriesSet
from lrcp.query.compute.span import Span, span_of
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Arithmetic, Call, Expression, MetricQuery, Negation, Number, Text, Variable, Word
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import Scan


def evaluate_expression(
    expression: Expression,
    grid: Grid,
    answers: Mapping[Scan, Block],
    variables: Mapping[str, SeriesSet] | None = None,
) -> SeriesSet:
    """The groups of an expression with a value a bucket, in the order of their names.

    Args:
        grid: wanted buckets; an explicit `.rollup` gives its own, aligned to the epoch, see the result's grid.
        answers: to plan_scans(expression, grid). variables: what names in a formula stand for, over the same grid.
    Returns: groups with at least one point, and those whose points arithmetic has lost (all NaN). The values may be the
        arrays of an answer: they are not to be written to.
    Raises: QueryError - as plan_scans, and an unknown variable.
    """
    span = span_of(expression, grid)
    return in_order(Evaluation(answers, variables or {}).over(expression, span))


def in_order(found: SeriesSet) -> SeriesSet:
    """Groups by their values, whatever order the source gave them in."""
    rows = sorted(range(len(found.groups)), key=found.groups.__getitem__)
    if rows == list(range(len(rows))):
        return found
    found.groups = [found.groups[row] for row in rows]
    found.values = found.values[rows]
    return found


@dataclass(slots=True)
class Evaluation:
    """One evaluation: the answers and the variables that it has at hand."""

    answers: Mapping[Scan, Block]
    variables: Mapping[str, SeriesSet] = field(default_factory=dict)

    def over(self, expression: Expression, span: Span) -> SeriesSet:
        """An expression over a span; a number becomes one series."""
        return as_series(self.operand(expression, span, False), span.grid)

    def operand(self, expression: Expression, span: Span, combined: bool) -> Operand:
        """A part of an expression. combined: it is met by other series in arithmetic."""
        match expression:
            case MetricQuery():
                return evaluate_leaf(leaf_of(expression, span), span, self.answers, combined)
            case Arithmetic(operator=operator, left=left, right=right):
                combined = combined or not (is_number(left) or is_number(right))
                return calculate(operator, self.operand(left, span, combined), self.operand(right, span, combined))
            case Number(value=value):
                return value
            case Negation(operand=operand):
                return negate(self.operand(operand, span, combined))
            case Call():
                return self._call(expression, span, combined)
            case Variable(name=name):
                return self._variable(name, span)
            case Text() | Word():
                raise QueryError(f"{expression.value!r} stands where a series belongs")

    def _call(self, call: Call, span: Span, combined: bool) -> SeriesSet:
        argument, longer, history = argument_of(call, span)
        found = as_series(self.operand(argument, longer, combined), longer.grid)
        with np.errstate(all="ignore"):
            found = get_function(call.name).apply(found, arguments_of(call))
        if longer is span:
            return found
        found = replace(found, grid=span.grid, values=found.values[:, history:])
        return with_points(found) if history else found

    def _variable(self, name: str, span: Span) -> SeriesSet:
        found = self.variables.get(name)
        if found is None:
            raise QueryError(f"the formula names {name}, and there is no query of that name")
        if found.grid.count != span.grid.count:
            raise QueryError(f"{name} has {found.grid.count} points where {span.grid.count} are wanted")
        return found


def as_series(operand: Operand, grid: Grid) -> SeriesSet:
    """An operand as series; a number is one that has it everywhere."""
    if isinstance(operand, SeriesSet):
        return operand
    return SeriesSet(grid, (), [()], np.full((1, grid.count), operand))


def is_number(expression: Expression) -> bool:
    """Whether a side of arithmetic is made of numbers only."""
    match expression:
        case Number():
            return True
        case Negation(operand=operand):
            return is_number(operand)
        case Arithmetic(left=left, right=right):
            return is_number(left) and is_number(right)
        case _:
            return False

"""Terms: arithmetic over values that are reduced first, the way of expressions with an as_count(). Source: DATADOG.md 3.7, rule 6."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from lrcp.query.compute.arithmetic import Operand, calculate, negate
from lrcp.query.compute.evaluate import Evaluation, as_series
from lrcp.query.compute.functions.function import arguments_of
from lrcp.query.compute.functions.table import get_function
from lrcp.query.compute.plan import argument_of
from lrcp.query.compute.reducers import reduce_points
from lrcp.query.compute.series import SeriesSet
from lrcp.query.compute.span import Span
from lrcp.query.compute.windows import whole_window
from lrcp.query.metric.ast import Arithmetic, Call, Expression, Negation, Number
from lrcp.query.metric.walk import metric_queries_in, nodes_in


def terms_first(expression: Expression) -> bool:
    """Whether the terms are reduced before the arithmetic."""
    return has_count(expression) and _has_arithmetic(expression)


def has_count(expression: Expression) -> bool:
    """Whether any of its queries has an as_count()."""
    return any(query.modifier("as_count") is not None for query in metric_queries_in(expression))


def _has_arithmetic(expression: Expression) -> bool:
    return any(isinstance(node, Arithmetic) for node in nodes_in(expression))


class Terms:
    """One evaluation. A term is what holds no arithmetic, or a function that needs points, such as diff, of arithmetic."""

    def __init__(self, evaluation: Evaluation, span: Span, reducer: str) -> None:
        self._evaluation, self._span, self._reducer = evaluation, span, reducer
        self._whole = whole_window(span.since_s, span.until_s)
        self._terms: list[SeriesSet] = []

    def result(self, expression: Expression) -> SeriesSet:
        """The groups, each with one value for the whole window."""
        return as_series(self._operand(expression), self._whole)

    def seen(self, result: SeriesSet) -> SeriesSet:
        """A point for each of the result's groups wherever one of the terms has one."""
        return seen_points(self._terms, result, self._span)

    def _operand(self, expression: Expression) -> Operand:
        match expression:
            case Number(value=value):
                return value
            case Arithmetic(operator=operator, left=left, right=right):
                return calculate(operator, self._operand(left), self._operand(right))
            case Negation(operand=operand):
                return negate(self._operand(operand))
            case Call() if get_function(expression.name).pointwise and _has_arithmetic(expression):
                found = self.result(expression.arguments[0])
                return get_function(expression.name).apply(found, arguments_of(expression))
            case _:
                return self._term(expression)

    def _term(self, expression: Expression) -> SeriesSet:
        found = self._evaluation.over(expression, self._span)
        self._terms.append(found)
        values = reduce_points(found.values, self._reducer, found.grid.step_s)
        return replace(found, grid=self._whole, values=values[:, None])


def seen_points(terms: Iterable[SeriesSet], result: SeriesSet, span: Span) -> SeriesSet:
    """A point for each of the result's groups wherever one of the terms has one.

    terms: over the span, perhaps with history in front.
    """
    values = np.full((len(result.groups), span.grid.count), np.nan)
    for term in terms:
        places = [result.keys.index(key) for key in term.keys if key in result.keys]
        if len(places) < len(term.keys):
            continue
        rows = {group: row for row, group in enumerate(term.groups)}
        of = [rows.get(tuple(group[place] for place in places), -1) for group in result.groups]
        met = [place for place, row in enumerate(of) if row >= 0]
        values[met] = np.fmax(values[met], term.values[[of[place] for place in met], -span.grid.count :])
    return SeriesSet(span.grid, result.keys, result.groups, values)


def operands(expression: Expression, span: Span) -> list[tuple[Expression, Span]]:
    """What an expression calculates with: the largest parts that hold no arithmetic, and no number; each with its span."""
    match expression:
        case Arithmetic(left=left, right=right):
            return operands(left, span) + operands(right, span)
        case Negation(operand=operand):
            return operands(operand, span)
        case Call() if _has_arithmetic(expression):
            argument, longer, _ = argument_of(expression, span)
            return operands(argument, longer)
        case Number():
            return []
        case _:
            return [(expression, span)]

"""Which scans an expression needs: as many as it has different queries, each over its own stretch of time."""

from lrcp.query.compute.functions.function import arguments_of
from lrcp.query.compute.functions.table import get_function
from lrcp.query.compute.leaf import leaf_of
from lrcp.query.compute.span import Span, span_of
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Arithmetic, Call, Expression, MetricQuery, Negation, Number, Text, Variable, Word
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import Scan


def plan_scans(expression: Expression, grid: Grid) -> frozenset[Scan]:
    """What evaluate_expression wants answered.

    Args: grid: start and step in seconds, multiples of 10.
    Raises: QueryError - a function, aggregator, method or limit that does not exist, or too long a history.
    """
    return plan_span(expression, span_of(expression, grid))


def plan_span(expression: Expression, span: Span) -> frozenset[Scan]:
    """The same for a span."""
    found: set[Scan] = set()
    _walk(expression, span, found)
    return frozenset(found)


def _walk(expression: Expression, span: Span, found: set[Scan]) -> None:
    match expression:
        case MetricQuery():
            found.update(leaf_of(expression, span).scans)
        case Arithmetic(left=left, right=right):
            _walk(left, span, found)
            _walk(right, span, found)
        case Negation(operand=operand):
            _walk(operand, span, found)
        case Call():
            argument, longer, _ = argument_of(expression, span)
            _walk(argument, longer, found)
        case Number() | Variable():
            pass
        case Text() | Word():
            raise QueryError(f"{expression.value!r} stands where a series belongs")


def argument_of(call: Call, span: Span) -> tuple[Expression, Span, int]:
    """A call's series, the span that it is wanted over, and how many buckets of that are history."""
    function, arguments = get_function(call.name), arguments_of(call)
    if not call.arguments:
        raise QueryError(f"{call.name} needs a series")
    history = function.history(arguments, span.grid.step_s)
    moved_s = function.shift_s(arguments, span.since_s)
    return call.arguments[0], span.with_history(history).moved(moved_s), history

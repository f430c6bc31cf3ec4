"""What an expression may say beyond its grammar: known functions with their arguments, modifiers, and what monitors refuse.

The tree carries no places, so an error shows the canonical text with the caret at the first such piece of it.
"""

import contextlib
import re
from collections.abc import Callable
from typing import Any, Final

from lrcp.kit.recurrence import find_timezone
from lrcp.model.errors import InputError
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import (
    Arithmetic,
    Call,
    Expression,
    MetricQuery,
    Modifier,
    Negation,
    Number,
    Scope,
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TemplateVariable,
    Text,
    Word,
)
from lrcp.query.metric.calendar import begin_of
from lrcp.query.metric.functions import (
    ALGORITHMS,
    CALENDAR_PERIODS,
    FILL,
    FUNCTIONS,
    MAX_FILL_S,
    NOT_IN_FORECAST,
    ROLLUP_METHODS,
    Function,
    Parameter,
)
from lrcp.query.metric.parser import MODIFIERS
from lrcp.query.metric.printer import print_expression, print_scope
from lrcp.query.metric.walk import calls_in, queries_in
from lrcp.query.monitor.windows import find_window


def fault(text: str, fragment: str, reason: str, expected: tuple[str, ...] = ()) -> QueryError:
    """An error of a canonical text, its caret at the first place of a fragment, behind signs that only help to find it."""
    signs = len(fragment) - len(fragment.lstrip(" .,"))
    return QueryError(reason, text, max(text.find(fragment), 0) + signs, expected)


def check_expression(
    expression: Expression, *, monitor: bool = False, text: str = "", unknown_functions: bool = False
) -> None:
    """Raises QueryError where an expression or a formula means nothing.

    monitor: with what monitors refuse. text: the whole canonical query that holds it, for the caret.
    unknown_functions: whether functions that are not in the table are let through (jobs have their own, unpublished).
    """
    _Check(text or print_expression(expression), monitor, unknown_functions).check_root(expression)


class _Check:
    """One expression's check. text: canonical, for carets."""

    def __init__(self, text: str, monitor: bool, unknown_functions: bool) -> None:
        self._text = text
        self._monitor = monitor
        self._unknown_functions = unknown_functions

    def check_root(self, expression: Expression) -> None:
        if not any(True for _ in queries_in(expression)):
            raise self._fault(expression, "the expression asks for no metric")
        self._check(expression)
        self._check_nesting(expression)

    def _fault(self, node: Expression, reason: str, expected: tuple[str, ...] = ()) -> QueryError:
        return fault(self._text, print_expression(node), reason, expected)

    def _check(self, node: Expression) -> None:
        check = _CHECKS.get(type(node))
        if check is not None:
            check(self, node)

    def _check_nesting(self, root: Expression) -> None:
        for call in calls_in(root):
            if call.name in ALGORITHMS and call is not root and self._monitor:
                raise self._fault(call, f"{call.name}() must be the whole expression of a monitor")
            if call.name == "forecast":
                self._check_forecast(call)

    def _check_forecast(self, forecast: Call) -> None:
        for call in (one for argument in forecast.arguments for one in calls_in(argument)):
            if call.name in NOT_IN_FORECAST:
                raise self._fault(call, f"forecast() does not take {call.name}()")

    def _refuse_bare(self, node: Text | Word) -> None:
        raise self._fault(node, f"{node.value!r} is no series")

    def _check_negation(self, node: Negation) -> None:
        self._check(node.operand)

    def _check_arithmetic(self, node: Arithmetic) -> None:
        self._check(node.left)
        self._check(node.right)

    # --- metric queries ---

    def _check_query(self, query: MetricQuery) -> None:
        if query.condition is not None and query.aggregator != "count":
            raise self._fault(query, "only count() takes a condition on values", ("count(v: v<=1):",))
        for modifier in query.modifiers:
            self._check_modifier(modifier, query)
        if self._monitor and (variable := find_template_variable(query.scope)):
            shown = print_scope(variable)
            raise fault(self._text, shown, f"{shown} is a template variable: dashboards have them, monitors do not")

    def _check_modifier(self, modifier: Modifier, query: MetricQuery) -> None:
        expected = _MODIFIERS[modifier.name](modifier)
        if expected:
            shown = print_expression(MetricQuery("avg", "m", modifiers=(modifier,))).partition("}")[2]
            raise fault(self._text, shown, f".{modifier.name}() does not take this", (expected,))

    # --- calls ---

    def _check_call(self, call: Call) -> None:
        function = FUNCTIONS.get(call.name)
        if function is None:
            if self._unknown_functions:
                return
            raise self._fault(call, f"there is no function {call.name}()")
        if self._monitor and not function.in_monitors:
            raise self._fault(call, f"monitors do not take {call.name}()")
        self._check_count(call, function)
        for parameter, argument in zip(function.parameters, call.arguments, strict=False):
            self._check_argument(call, parameter, argument)
        for keyword in call.keywords:
            named = function.keywords.get(keyword.name)
            if named is None:
                names = tuple(f"{name}=" for name in function.keywords)
                raise self._fault(call, f"{call.name}() takes no {keyword.name}=", names)
            self._check_argument(call, named, keyword.value)

    def _check_count(self, call: Call, function: Function) -> None:
        least, most, given = function.required, len(function.parameters), len(call.arguments)
        if not least <= given <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            names = ", ".join(one.name for one in function.parameters)
            raise self._fault(call, f"{call.name}() takes {wanted} of ({names}), not {given}")

    def _check_argument(self, call: Call, parameter: Parameter, argument: Expression) -> None:
        if parameter.kind == "series":
            if not any(True for _ in queries_in(argument)):
                raise self._fault(call, f"{call.name}() takes a series as its first argument")
            self._check(argument)
            return
        expected = _KINDS[parameter.kind](parameter, argument)
        if expected:
            reason = f"{parameter.name} of {call.name}() cannot be {print_expression(argument)}"
            raise self._fault(call, reason, expected)


_CHECKS: Final[dict[type, Callable[[_Check, Any], None]]] = {
    Text: _Check._refuse_bare,
    Word: _Check._refuse_bare,
    Negation: _Check._check_negation,
    Arithmetic: _Check._check_arithmetic,
    MetricQuery: _Check._check_query,
    Call: _Check._check_call,
}


def find_template_variable(scope: Scope) -> TemplateVariable | None:
    """The first of a scope, which a dashboard gives its value."""
    if isinstance(scope, TemplateVariable):
        return scope
    terms = (
        scope.terms if isinstance(scope, (ScopeAnd, ScopeOr)) else (scope.term,) if isinstance(scope, ScopeNot) else ()
    )
    return next((found for term in terms if (found := find_template_variable(term))), None)


# --- arguments: each says what it would have taken, () when it takes the argument ---


def number_of(argument: Expression) -> float | None:
    """The number that an argument is, with its minus; None when it is none."""
    if isinstance(argument, Number):
        return argument.value
    if isinstance(argument, Negation) and isinstance(argument.operand, Number):
        return -argument.operand.value
    return None


def _expect_number(parameter: Parameter, argument: Expression) -> tuple[str, ...]:
    value = number_of(argument)
    least = "" if parameter.low is None else f" of at least {parameter.low:g}"
    fits = value is not None and (parameter.low is None or value >= parameter.low)
    return () if fits else (f"a number{least}",)


def _expect_choice(parameter: Parameter, argument: Expression) -> tuple[str, ...]:
    fits = isinstance(argument, (Text, Word)) and argument.value.lower() in parameter.words
    return () if fits else tuple(f"'{word}'" for word in sorted(parameter.words))


def _expect_text(_: Parameter, argument: Expression) -> tuple[str, ...]:
    return () if isinstance(argument, Text) and argument.value else ("a text in quotes",)


def _expect_window(_: Parameter, argument: Expression) -> tuple[str, ...]:
    fits = isinstance(argument, Text) and find_window(argument.value) is not None
    return () if fits else ("a window such as 'last_15m'",)


def _expect_interval(_: Parameter, argument: Expression) -> tuple[str, ...]:
    return () if interval_s(argument) else ("seconds, or a text such as '60m'",)


def interval_s(argument: Expression) -> int | None:
    """Seconds of `60`, `'60'` or `'60m'`; None when it is none of them."""
    if isinstance(argument, Number):
        return int(argument.value) if argument.value >= 1 else None
    if not isinstance(argument, Text):
        return None
    if argument.value.isdecimal():
        return int(argument.value[:9]) or None
    window = find_window(argument.value)
    return window.seconds or None if window is not None and window.kind == "last" else None


def _expect_calendar(_: Parameter, argument: Expression) -> tuple[str, ...]:
    fits = isinstance(argument, Text) and _CALENDAR(argument.value) is not None
    return () if fits else ("'-1d'", "'-1w'", "'-1mo'")


_CALENDAR: Final = re.compile(r"-\d{1,3}(?:d|w|mo)", re.ASCII).fullmatch


def _expect_timezone(_: Parameter, argument: Expression) -> tuple[str, ...]:
    if isinstance(argument, Text):
        with contextlib.suppress(InputError):
            find_timezone(argument.value)
            return ()
    return ("a time zone such as 'Europe/Berlin'",)


_KINDS: Final[dict[str, Callable[[Parameter, Expression], tuple[str, ...]]]] = {
    "number": _expect_number,
    "choice": _expect_choice,
    "text": _expect_text,
    "window": _expect_window,
    "interval": _expect_interval,
    "calendar": _expect_calendar,
    "timezone": _expect_timezone,
}

# --- modifiers: each says what it would have taken, '' when it takes the arguments ---


def _expect_nothing(modifier: Modifier) -> str:
    return "()" if modifier.arguments else ""


def _expect_rollup(modifier: Modifier) -> str:
    rest = modifier.arguments
    if rest and isinstance(rest[0], (Word, Text)) and rest[0].value in ROLLUP_METHODS:
        rest = rest[1:]
        if not rest:
            return ""
    if len(rest) == 1 and isinstance(rest[0], Number) and rest[0].value >= 1 and rest[0].value == int(rest[0].value):
        return ""
    if rest and isinstance(rest[0], (Word, Text)) and rest[0].value in CALENDAR_PERIODS:
        return _expect_calendar_period(rest[0].value, rest[1:])
    return "(avg|sum|min|max|count, seconds)"


def _expect_calendar_period(period: str, rest: tuple[Number | Text | Word, ...]) -> str:
    """What else stands behind the period: what its buckets begin with, and a time zone."""
    if rest and not isinstance(rest[0], Number) and begin_of(period, rest[0].value) is not None:
        rest = rest[1:]
    if not rest or (len(rest) == 1 and not _expect_timezone(Parameter("timezone", "timezone"), rest[0])):
        return ""
    return f"{period}[, {_BEGINS.get(period, 'nothing')}][, a time zone in quotes]"


_BEGINS: Final = {"daily": "10am", "weekly": "monday", "monthly": "15th", "yearly": "april"}


def _expect_fill(modifier: Modifier) -> str:
    method, limit = (*modifier.arguments, None, None)[:2]
    fits = isinstance(method, (Word, Text)) and method.value in FILL.words and len(modifier.arguments) <= 2
    limited = limit is None or (isinstance(limit, Number) and limit.value <= MAX_FILL_S)
    return "" if fits and limited else f"(linear|last|zero|null, at most {MAX_FILL_S} s)"


_MODIFIERS: Final[dict[str, Callable[[Modifier], str]]] = {
    **dict.fromkeys(MODIFIERS, _expect_nothing),
    "rollup": _expect_rollup,
    "fill": _expect_fill,
}

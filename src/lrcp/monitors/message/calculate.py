"""What an expression of `eval` comes to, with the values of its variables."""

import math
from collections.abc import Callable

from lrcp.monitors.message.functions import FUNCTIONS, Value, write_number
from lrcp.monitors.message.tree import (
    EvalCall,
    EvalNegation,
    EvalNode,
    EvalNumber,
    EvalOperation,
    EvalText,
    EvalVariable,
    Path,
)

Find = Callable[[Path], Value | None]
"""The value of a variable, None when it has none."""


def calculate(node: EvalNode, find: Find) -> Value | None:
    """A number, a text or a truth value; None where a variable is missing, is no number, or the number does not exist."""
    try:
        return _value(node, find)
    except (_Missing, ArithmeticError, ValueError):
        return None


class _Missing(Exception):
    pass


def _value(node: EvalNode, find: Find) -> Value:
    match node:
        case EvalNumber(value) | EvalText(value):
            return value
        case EvalVariable(path):
            found = find(path)
            if found is None or found == "":
                raise _Missing
            return found
        case EvalNegation(operand):
            return -_number(operand, find)
        case EvalOperation(operator, left, right):
            return _finite(_OPERATORS[operator](_number(left, find), _number(right, find)))
        case EvalCall(name, arguments):
            return _call(name, arguments, find)


def _call(name: str, arguments: tuple[EvalNode, ...], find: Find) -> Value:
    function = FUNCTIONS[name]
    if not function.texts:
        return _finite(function.call(*(_number(argument, find) for argument in arguments)))
    texts = [_text(_value(argument, find)) for argument in arguments]
    if name == "substring":
        return function.call(texts[0], *(float(text) for text in texts[1:]))
    return function.call(*texts)


def _finite(value: Value) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        raise _Missing
    return value


def _number(node: EvalNode, find: Find) -> float:
    """A text that is a number counts as one: tags hold only text."""
    value = _value(node, find)
    return float(value)


def _text(value: Value) -> str:
    return write_number(value) if isinstance(value, float) else str(value)


def _power(left: float, right: float) -> float:
    value = left**right
    if isinstance(value, complex):
        raise _Missing
    return float(value)


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": lambda left, right: left % right,
    "^": _power,
}

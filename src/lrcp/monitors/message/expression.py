"""The language of `eval`: numbers, texts, variables, `+ - * / ^ %` and functions, read by precedence within bounds.

Source: DATADOG.md 3.6; checked by tests/unit/monitors/message/test_expression.py
"""

import re
from typing import Final

from lrcp.monitors.message.functions import FUNCTIONS
from lrcp.monitors.message.paths import PATH_PATTERN, parse_path
from lrcp.monitors.message.tree import (
    EvalCall,
    EvalNegation,
    EvalNode,
    EvalNumber,
    EvalOperation,
    EvalText,
    EvalVariable,
)

MAX_CHARS: Final = 500
MAX_DEPTH: Final = 40

_TOKEN: Final = re.compile(
    rf"""\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d{{1,3}})?|\.\d+)|(?P<text>"[^"]*"|'[^']*')|(?P<name>{PATH_PATTERN})|(?P<sign>[-+*/^%(),])|(?P<bad>\S))"""
)
_BINDING: Final = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 2, "^": 4}
_NEGATION: Final = 3
"""`-2^2` is -4, `2^-1` is 0.5."""


class EvalError(Exception):
    """An expression, or the words of a tag, that cannot be read; the message says why."""


def parse_eval(text: str) -> EvalNode:
    """The tree of an expression. Raises: EvalError."""
    if len(text) > MAX_CHARS:
        raise EvalError(f"the expression has {len(text)} characters, at most {MAX_CHARS} are taken")
    return _Parser([(m.lastgroup or "bad", m[m.lastgroup or "bad"]) for m in _TOKEN.finditer(text)]).parse()


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = [*tokens, ("end", "the end of the expression")]
        self._place = 0
        self._depth = 0

    def parse(self) -> EvalNode:
        node = self._parse_operation(0)
        if self._kind != "end":
            raise EvalError(f"{self._word} is not expected there; expected an operator")
        return node

    @property
    def _kind(self) -> str:
        return self._tokens[self._place][0]

    @property
    def _word(self) -> str:
        return self._tokens[self._place][1]

    def _take(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _parse_operation(self, weakest: int) -> EvalNode:
        """An operand and the operators behind it that bind more strongly than `weakest`; `^` groups to the right."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise EvalError(f"the expression is nested deeper than {MAX_DEPTH}")
        left = self._parse_operand()
        while self._kind == "sign" and _BINDING.get(self._word, 0) > weakest:
            operator = self._take()
            left = EvalOperation(operator, left, self._parse_operation(_BINDING[operator] - (operator == "^")))
        self._depth -= 1
        return left

    def _parse_operand(self) -> EvalNode:
        kind, word = self._kind, self._take()
        if kind == "number":
            return EvalNumber(float(word))
        if kind == "text":
            return EvalText(word[1:-1])
        if kind == "name":
            return self._parse_name(word)
        if word == "-":
            return EvalNegation(self._parse_operation(_NEGATION))
        if word == "(":
            node = self._parse_operation(0)
            self._close()
            return node
        raise EvalError(f"{word} is not expected there; expected a number, a variable, a function or (")

    def _parse_name(self, word: str) -> EvalNode:
        if self._word == "(" and self._kind == "sign":
            return self._parse_call(word)
        path = parse_path(word)
        if path is None:
            raise EvalError(f"{word} is not the name of a variable")
        return EvalVariable(path)

    def _parse_call(self, name: str) -> EvalNode:
        function = FUNCTIONS.get(name)
        if function is None:
            raise EvalError(f"{name} is not a function; expected {', '.join(sorted(FUNCTIONS))}")
        self._take()
        arguments = [self._parse_operation(0)]
        while self._word == ",":
            self._take()
            arguments.append(self._parse_operation(0))
        self._close()
        if not function.least <= len(arguments) <= function.most:
            raise EvalError(f"{name} takes {function.counts}, not {len(arguments)}")
        return EvalCall(name, tuple(arguments))

    def _close(self) -> None:
        if self._word != ")":
            raise EvalError(f"{self._word} is not expected there; expected )")
        self._take()

"""What a term of a search asks of one value, as SQL: of a text, and of a number. All results are 0 or 1, never NULL.

The same meaning as in query/search/match.py; a property test holds the two to each other.
"""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lrcp.query.search.ast import (
    FieldBetween,
    FieldCompares,
    FieldExists,
    FieldIs,
    InNetwork,
    Quantity,
    Search,
)
from lrcp.query.search.globs import glob_regex
from lrcp.query.search.numbers import NUMERIC, find_number
from lrcp.store.telemetry.source.binder import Binder


@dataclass(frozen=True, slots=True)
class ValueTest:
    """text: SQL of a text that is not empty -> SQL of the condition. number: of a number, may be NULL -> the same.

    literal: the one text that passes, where there is only one.
    """

    text: Callable[[str], str]
    number: Callable[[str], str]
    literal: str | None = None


def number_of(text: str) -> str:
    """The number that a text is, as SQL; NULL when it is none."""
    return f"if(match({text}, '{_NUMERIC}'), toFloat64OrNull({text}), NULL)"


_NUMERIC: Final = NUMERIC.replace("\\", "\\\\")


def value_test(search: Search, binder: Binder) -> ValueTest:
    """The test of a term that has a field."""
    return _TESTS[type(search)](search, binder)


def _is(search: FieldIs, binder: Binder) -> ValueTest:
    literal = search.pattern.literal
    if literal is None:
        regex = binder.text(glob_regex(search.pattern))
        return ValueTest(lambda x: f"match({x}, {regex})", lambda x: f"ifNull(match(toString({x}), {regex}), 0)")
    wanted, number = binder.text(literal), find_number(literal)
    if number is None:
        return ValueTest(lambda x: f"{x} = {wanted}", lambda x: "0", literal)
    bound = binder.number(number)
    return ValueTest(
        lambda x: f"{x} = {wanted}", lambda x: f"ifNull({x} = {bound} OR toString({x}) = {wanted}, 0)", literal
    )


def literals_test(literals: Sequence[str], binder: Binder) -> ValueTest:
    """Whether a value is one of several: what value_test gives for each, but looked up in one set."""
    wanted, found = binder.texts(tuple(literals)), [find_number(literal) for literal in literals]
    numbers = tuple(number for number in found if number is not None)
    if not numbers:
        return ValueTest(lambda x: f"{x} IN {wanted}", lambda x: "0")
    bounds = binder.numbers(numbers)
    return ValueTest(
        lambda x: f"{x} IN {wanted}",
        lambda x: f"ifNull(has({bounds}, toFloat64({x})) OR has({wanted}, toString({x})), 0)",
    )


def is_set_literal(literal: str) -> bool:
    """Whether a literal can be one of a set: a number must be one that float64 tells from its neighbours."""
    number = find_number(literal)
    return bool(literal) and (number is None or abs(number) < 2**53)


def _exists(search: FieldExists, binder: Binder) -> ValueTest:
    return ValueTest(lambda x: "1", lambda x: f"isNotNull({x})")


def _compares(search: FieldCompares, binder: Binder) -> ValueTest:
    operator, bound = _OPERATORS[search.operator], binder.number(search.value.plain)
    return _numeric(lambda x: f"{x} {operator} {bound}")


_OPERATORS: Final = {">": ">", ">=": ">=", "<": "<", "<=": "<="}


def _numeric(holds: Callable[[str], str]) -> ValueTest:
    return ValueTest(lambda x: f"ifNull({holds(number_of(x))}, 0)", lambda x: f"ifNull({holds(x)}, 0)")


def _between(search: FieldBetween, binder: Binder) -> ValueTest:
    low, high = search.low, search.high
    if low is None and high is None:
        return _exists(FieldExists(search.field), binder)
    if low is not None and high is not None and _after(low, high):
        # The engine folds such a condition to a constant, and then fails on columns that are to hold it.
        return ValueTest(lambda x: "0", lambda x: "0")
    if isinstance(low, str) or isinstance(high, str):
        ends = [f"{{x}} {sign} {binder.text(end)}" for sign, end in ((">=", low), ("<=", high)) if isinstance(end, str)]
        return ValueTest(lambda x: f"({_both(ends, x)})", lambda x: "0")
    bounds = [(">=", low), ("<=", high)]
    ends = [f"{{x}} {sign} {binder.number(end.plain)}" for sign, end in bounds if isinstance(end, Quantity)]
    return _numeric(lambda x: f"({_both(ends, x)})")


def _after(low: Quantity | str, high: Quantity | str) -> bool:
    """Whether a range ends before it begins."""
    if isinstance(low, str) or isinstance(high, str):
        return str(low) > str(high)
    return low.plain > high.plain


def _both(ends: list[str], x: str) -> str:
    return " AND ".join(end.replace("{x}", x) for end in ends)


def _in_network(search: InNetwork, binder: Binder) -> ValueTest:
    ranges = [_range(ipaddress.ip_network(network), binder) for network in search.networks]
    return ValueTest(lambda x: f"({' OR '.join(holds(x) for holds in ranges)})", lambda x: "0")


def _range(network: ipaddress.IPv4Network | ipaddress.IPv6Network, binder: Binder) -> Callable[[str], str]:
    """Whether a text is an address of a network; of the same version, as a mapped address is no member of the other."""
    low, high = binder.text(str(network[0])), binder.text(str(network[-1]))
    kind = f"IPv{network.version}"
    return lambda x: (
        f"(is{kind}String({x}) AND ifNull(to{kind}OrNull({x}) BETWEEN to{kind}({low}) AND to{kind}({high}), 0))"
    )


_TESTS: Final[dict[type, Callable[[Any, Binder], ValueTest]]] = {
    FieldIs: _is,
    FieldExists: _exists,
    FieldCompares: _compares,
    FieldBetween: _between,
    InNetwork: _in_network,
}

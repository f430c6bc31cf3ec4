"""What may stand for a value beside a word: comparisons, ranges, networks."""

import ipaddress
import math
import re
from collections.abc import Callable
from typing import Final

from lrcp.query.search.ast import UNITS_NS, Field, FieldBetween, FieldCompares, InNetwork, Pattern, Quantity
from lrcp.query.search.lexer import Reader

_NUMBER: Final = re.compile(r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(" + "|".join(UNITS_NS) + ")?", re.ASCII)
MAX_NETWORKS: Final = 100


def parse_comparison(reader: Reader, field: Field) -> FieldCompares:
    """`>5`, `>=1.5s`, `< 3`; the operator comes next. Raises: QueryError."""
    operator = next(sign for sign in (">=", "<=", ">", "<") if reader.take(sign))
    reader.skip_space()
    start = reader.at
    pattern = reader.quoted() if reader.peek() == '"' else reader.word()
    quantity = _quantity(pattern)
    if quantity is None:
        reader.fail(f"{operator} compares with a number", "a number such as `5`", "a duration such as `5s`", at=start)
    return FieldCompares(field, operator, quantity)


def parse_range(reader: Reader, field: Field) -> FieldBetween:
    """`[1 TO 5]`; the bracket comes next. Raises: QueryError - it is not closed, or has ends of two kinds."""
    start = reader.at
    reader.take("[")
    low = _end(reader)
    reader.skip_space()
    if not (reader.take("TO") or reader.take("to")):
        reader.fail("a range without its TO", "`TO`")
    high = _end(reader)
    reader.skip_space()
    if not reader.take("]"):
        reader.fail("a range is not closed", "`]`")
    if {type(low), type(high)} == {str, Quantity}:
        reader.fail("a range from a text to a number, or back", "two numbers", "two texts", at=start)
    return FieldBetween(field, low, high)


def _end(reader: Reader) -> Quantity | str | None:
    """One end of a range: a number, a text, or None for `*`."""
    reader.skip_space()
    if reader.peek() == '"':
        return reader.quoted().literal
    start = reader.at
    word = reader.word()
    if word is None:
        reader.fail("an end of a range is missing", "a number", "a text", "`*`")
    if reader.text[start : reader.at] == "*":
        return None
    if word.literal is None:
        reader.fail("an end of a range with a wildcard", "a number", "a text", "`*`", at=start)
    return _quantity(word) or word.literal


def _quantity(pattern: Pattern | None) -> Quantity | None:
    """The number that is written there, None when it is none."""
    found = _NUMBER.fullmatch(pattern.literal) if pattern and pattern.literal is not None else None
    if found is None or not math.isfinite(float(found[1])):
        return None
    return Quantity(float(found[1]), found[2] or "")


def parse_networks(reader: Reader, read_field: Callable[[], Field]) -> InNetwork:
    """`CIDR(@ip, 10.0.0.0/8, ::1/128)`; what follows the opening parenthesis comes next. Raises: QueryError."""
    reader.skip_space()
    field = read_field()
    networks: list[str] = []
    while True:
        reader.skip_space()
        if reader.take(")"):
            break
        if not reader.take(","):
            reader.fail("CIDR is not closed", "`,`", "`)`")
        networks.append(_network(reader))
    if not networks or len(networks) > MAX_NETWORKS:
        reader.fail(f"CIDR takes an attribute and 1 to {MAX_NETWORKS} networks", "`10.0.0.0/8`", at=reader.at - 1)
    return InNetwork(field, tuple(networks))


def _network(reader: Reader) -> str:
    reader.skip_space()
    start = reader.at
    pattern = reader.quoted() if reader.peek() == '"' else reader.word(stops=",")
    try:
        return str(ipaddress.ip_network((pattern.literal if pattern else None) or "", strict=False))
    except ValueError:
        reader.fail("this is no network", "`10.0.0.0/8`", "`2001:db8::/32`", at=start)

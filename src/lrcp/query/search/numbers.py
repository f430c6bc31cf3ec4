"""Numbers within texts, and texts of numbers, as the store has both."""

import re
from decimal import Decimal
from typing import Final

NUMERIC: Final = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
"""A text that comparisons take for a number; means the same to RE2."""
_NUMERIC: Final = re.compile(NUMERIC.replace("$", r"\Z"))
_TRAILING: Final = re.compile(r"\.0+\Z")


def find_number(text: str) -> float | None:
    """The number that a text is, None when it is none."""
    return float(text) if _NUMERIC.match(text) else None


def number_text(value: float) -> str:
    """A number as text: all digits from 1e-6 up to 1e21, else with an exponent; no trailing zeros."""
    if isinstance(value, int):
        return str(value)
    if value == 0 or 1e-6 <= abs(value) < 1e21:
        return _TRAILING.sub("", format(Decimal(repr(value)), "f"))
    digits, _, exponent = repr(value).partition("e")
    return f"{_TRAILING.sub('', digits)}e{int(exponent)}" if exponent else digits

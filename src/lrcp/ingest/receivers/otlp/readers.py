"""Readers: one attribute's plain value to one column's value, or None when the value makes no sense there.

None lets the next convention in the table answer; nothing here raises.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from lrcp.ingest.receivers.otlp.messages import messages_of
from lrcp.ingest.receivers.otlp.values import as_text, from_json_text, json_text
from lrcp.model.money import nusd_from_usd

Reader = Callable[[Any], Any]

_MAX_INT64: Final = (1 << 63) - 1
_MAX_USD: Final = 1_000_000_000.0


def text(value: Any) -> str | None:
    """Any value as text; None when empty."""
    return as_text(value) or None


def lower(value: Any) -> str | None:
    return as_text(value).lower() or None


def whole_text(value: Any) -> str | None:
    """Text that may be as long as Span.input; its bound is applied where it is stored."""
    if isinstance(value, str):
        return value or None
    return None if value is None else json_text(value)


def count(value: Any) -> int | None:
    """A number of things, also as a decimal string or a whole float; None when negative or absurd."""
    number = _number(value)
    if number is None or not 0 <= number <= _MAX_INT64 or number != int(number):
        return None
    return int(number)


def small_count(value: Any) -> int | None:
    """A count that fits 16 bits."""
    number = count(value)
    return number if number is not None and number <= 0xFFFF else None


def nanoseconds(unit_ns: int) -> Reader:
    """A reader of durations given in a unit of so many nanoseconds."""

    def read(value: Any) -> int | None:
        number = _number(value)
        return round(number * unit_ns) if number is not None and 0 <= number * unit_ns <= _MAX_INT64 else None

    return read


def dollars(value: Any) -> int | None:
    """Dollars as nano-dollars."""
    number = _number(value)
    if number is None or not 0 <= number <= _MAX_USD:
        return None
    return nusd_from_usd(Decimal(str(number)))


def model_asked(value: Any) -> str | None:
    """The model among the parameters of a call, given as JSON text."""
    parameters = from_json_text(value) if isinstance(value, str) else value
    model = parameters.get("model") if isinstance(parameters, dict) else None
    return text(model) if isinstance(model, str) else None


def joined(value: Any) -> str | None:
    """The different words of a list with commas between, or the text itself (finish reasons: one per choice)."""
    if isinstance(value, list):
        return ",".join(dict.fromkeys(word for item in value if (word := as_text(item)))) or None
    return text(value)


def one_of(words: Mapping[str, str]) -> Reader:
    """A reader that knows these words (in lower case) and what they mean here."""

    def read(value: Any) -> str | None:
        return words.get(value.lower()) if isinstance(value, str) else None

    return read


def messages(value: Any) -> list[dict[str, Any]] | str | None:
    """A list of chat messages, as a value or as JSON text; text that is no JSON stays what it is."""
    found = messages_of(value)
    return value if isinstance(value, str) and found == [{"content": value}] else found or None


def _number(value: Any) -> int | float | None:
    """A finite number, also from its decimal text; bool is no number."""
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = float(value) if any(char in value for char in ".eE") else int(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None

"""Values of unknown type made into what a column holds: text, whole numbers, tags. Nothing here raises."""

import math
from collections.abc import Iterator
from typing import Any, Final

import msgspec

MAX_TEXT_CHARS: Final = 1024 * 1024
MAX_TAG_VALUE_CHARS: Final = 16 * 1024
MAX_FLAT_TAGS: Final = 256
_MAX_DEPTH: Final = 6
_MAX_INT64: Final = (1 << 63) - 1


def text_of(value: Any) -> str:
    """A value as text: text as it is, None as '', numbers in their shortest form, the rest as compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json_text(value)


def json_text(value: Any) -> str:
    """A value as compact JSON; what JSON cannot hold is shown as Python does."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        return ascii(value)


def number_text(number: float) -> str:
    """3.0 as '3', 0.25 as '0.25'."""
    if -1e15 < number < 1e15 and number.is_integer():
        return str(int(number))
    return repr(number)


def find_number(value: Any) -> float | None:
    """A finite number, also out of text; None for everything else, booleans included."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def find_count(value: Any) -> int | None:
    """A count that fits the store: a whole number of at least 0, None for everything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= _MAX_INT64 else None
    number = find_number(value)
    return int(number) if number is not None and 0 <= number <= 1e18 else None


def find_ns(seconds: Any) -> int | None:
    """Seconds to whole nanoseconds, None when it is no duration."""
    number = find_number(seconds)
    return round(number * 1e9) if number is not None and 0 <= number <= 1e9 else None


def map_of(value: Any) -> dict[str, Any]:
    """A map as it is, everything else as an empty one."""
    return value if isinstance(value, dict) else {}


def cut_text(text: str, max_chars: int = MAX_TEXT_CHARS) -> str:
    """The text within a bound; a cut is marked, with the length there was."""
    if len(text) <= max_chars:
        return text
    return f"{text[:max_chars]}... [cut, {len(text)} characters]"


def flatten(prefix: str, value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """A nested map as tags `prefix.key.key`; lists and what is too deep as compact JSON; `_dd...` keys stay out."""
    if not isinstance(value, dict) or depth >= _MAX_DEPTH:
        yield prefix, cut_text(text_of(value), MAX_TAG_VALUE_CHARS)
        return
    for key, inner in value.items():
        name = text_of(key)
        if not name.startswith("_dd") and inner is not None:
            yield from flatten(f"{prefix}.{name}", inner, depth + 1)


def tag_pairs(tags: Any) -> Iterator[tuple[str, str]]:
    """The tags of either form, {key: value} or ["key:value"], as pairs of text."""
    if isinstance(tags, dict):
        for key, value in tags.items():
            yield text_of(key), cut_text(text_of(value), MAX_TAG_VALUE_CHARS)
    elif isinstance(tags, list):
        for tag in tags:
            key, _, text = text_of(tag).partition(":")
            yield key, cut_text(text, MAX_TAG_VALUE_CHARS)

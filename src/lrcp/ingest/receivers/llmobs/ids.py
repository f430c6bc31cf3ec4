"""Ids of LLM Observability in the store's form. SDKs send decimal span ids and hexadecimal trace ids; the public API
lets a client invent any text, so what is neither is hashed: equal text, equal id."""

from hashlib import blake2b
from typing import Any, Final

_SPAN_DIGITS: Final = 16
_TRACE_DIGITS: Final = 32
_HEX: Final = frozenset("0123456789abcdef")
_NONE: Final = frozenset({"", "undefined", "null", "none", "0"})


def span_id_of(value: Any) -> str:
    """A span id as 16 hex digits; '' for what means 'none'. Text of digits only is decimal, as on Datadog's wires.

    A negative one is dd-trace-java's, which writes ids as signed numbers.
    """
    text = _clean(value)
    if _is_negative(text):
        return f"{int(text) % (1 << 64):016x}"
    if text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 1 << 64:
        return f"{int(text):016x}" if int(text) else ""
    return _hex_or_hash(text, _SPAN_DIGITS)


def _is_negative(text: str) -> bool:
    return text.startswith("-") and text[1:].isascii() and text[1:].isdigit() and 0 < int(text[1:20]) <= 1 << 63


def trace_id_of(value: Any) -> str:
    """A trace id as 32 hex digits; '' for what means 'none'. 32 digits are hexadecimal, fewer or more are decimal."""
    text = _clean(value)
    if text.isascii() and text.isdigit() and len(text) != _TRACE_DIGITS and len(text) <= 39 and int(text) < 1 << 128:
        return f"{int(text):032x}" if int(text) else ""
    return _hex_or_hash(text, _TRACE_DIGITS)


def _clean(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value < 1 << 128 else ""
    text = value.strip().lower() if isinstance(value, str) else ""
    return "" if text in _NONE else text


def _hex_or_hash(text: str, digits: int) -> str:
    if not text:
        return ""
    plain = text.replace("-", "").removeprefix("0x")
    if len(plain) <= digits and _HEX.issuperset(plain):
        padded = plain.rjust(digits, "0")
        return padded if padded.strip("0") else ""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=digits // 2).hexdigest()

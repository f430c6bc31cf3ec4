"""Trace and span ids as people have them (hex or decimal, 64 or 128 bits), in the stored form."""

import re
from typing import Final

from lrcp.api.problems import field_error
from lrcp.model.ids import span_hex, trace_hex

_HEX = re.compile(r"[0-9a-f]{1,32}\Z").match
_HEX_LENGTHS: Final = (16, 32)


def parse_trace_id(text: str) -> str:
    """32 hex digits. 16 or 32 digits are hex; any other run of decimal digits is a decimal id.

    Raises: ApiError 422.
    """
    word = text.strip().lower().removeprefix("0x")
    if word.isascii() and word.isdigit() and len(word) not in _HEX_LENGTHS and len(word) <= 39:
        number = int(word)
        return trace_hex(number, number >> 64)
    if not _HEX(word):
        raise field_error("path.trace_id", "a trace id is 16 or 32 hex digits, or a decimal number")
    return word.rjust(32, "0")


def parse_span_id(text: str) -> str:
    """16 hex digits. Raises: ApiError 422."""
    word = text.strip().lower().removeprefix("0x")
    if word.isascii() and word.isdigit() and len(word) != 16 and len(word) <= 20:
        return span_hex(int(word))
    if not _HEX(word) or len(word) > 16:
        raise field_error("path.span_id", "a span id is 16 hex digits, or a decimal number")
    return word.rjust(16, "0")

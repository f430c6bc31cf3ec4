"""What metrics, events and checks of DogStatsD share: numbers, text, tags."""

import re
from functools import lru_cache
from typing import Final

from lrcp.model.errors import DecodeError
from lrcp.model.tags import normalize_tags

_DECIMAL = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?").fullmatch
_HEXADECIMAL = re.compile(rb"[+-]?0[xX][\da-fA-F]*\.?[\da-fA-F]*[pP][+-]?\d+").fullmatch
_INTEGER = re.compile(rb"[+-]?\d{1,19}").fullmatch
_MAX_NUMBER_BYTES: Final = 400
_MAX_REMEMBERED_BYTES: Final = 512

_STRIPPED_TAGS: Final = (b"dd.internal.entity_id:", b"dd.internal.card:", b"dd.internal.jmx_check_name:")


def parse_text(raw: bytes) -> str:
    """UTF-8 text; bytes that are not UTF-8 become U+FFFD, since a metric is worth more than its spelling."""
    return raw.decode("utf-8", "replace")


def parse_number(raw: bytes) -> float:
    """A finite number as the agent reads it: decimal or hexadecimal, no spaces, no underscores.

    Raises: DecodeError - no number, NaN, or infinite (the agent drops the last two when it aggregates).
    """
    if len(raw) <= _MAX_NUMBER_BYTES:
        if _DECIMAL(raw):
            value = float(raw)
            if value - value == 0:
                return value
        elif _HEXADECIMAL(raw):
            return _parse_hexadecimal(raw)
    raise DecodeError(f"{raw[:40]!r} is not a finite number")


def _parse_hexadecimal(raw: bytes) -> float:
    try:
        return float.fromhex(raw.decode())
    except (ValueError, OverflowError):
        raise DecodeError(f"{raw[:40]!r} is not a finite number") from None


def parse_integer(raw: bytes) -> int:
    """A whole number of at most 64 bits. Raises: DecodeError."""
    if _INTEGER(raw):
        value = int(raw)
        if -(1 << 63) <= value < 1 << 63:
            return value
    raise DecodeError(f"{raw[:40]!r} is not a 64-bit whole number")


def parse_tags(raw: bytes) -> tuple[tuple[str, ...], str | None]:
    """Tags of a `#` field: the normalised tags, and the host that a `host:` tag names (None: no such tag).

    Tags that only speak to the agent (`dd.internal...`) are taken out. Short fields are remembered: lines that cannot
    be found by their surroundings (timed ones, events) mostly repeat the tags of others.
    """
    return _remembered_tags(raw) if len(raw) <= _MAX_REMEMBERED_BYTES else _read_tags(raw)


def _read_tags(raw: bytes) -> tuple[tuple[str, ...], str | None]:
    host: str | None = None
    kept: list[str] = []
    for tag in raw.split(b","):
        if tag.startswith(b"host:"):
            host = parse_text(tag[5:])
        elif tag and not tag.startswith(_STRIPPED_TAGS):
            kept.append(parse_text(tag))
    return normalize_tags(kept), host


_remembered_tags = lru_cache(maxsize=8192)(_read_tags)

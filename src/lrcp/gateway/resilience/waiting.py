"""How long a provider asks to be left alone: Retry-After in its forms, and Gemini's word for it in the body."""

import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

_RETRY_DELAY: Final = re.compile(rb'"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d{1,9})?)s"')
_LOOKED_AT_BYTES: Final = 64 * 1024
_MS_PER_S: Final = 1000.0


def find_retry_after_s(headers: Iterable[tuple[bytes, bytes]], body: bytes, now_s: float) -> float | None:
    """Seconds that a reply asks to wait; None when it does not say, or says nothing sensible.

    `retry-after-ms` (OpenAI, Azure) is finer than `retry-after` (seconds, or an HTTP date) and goes first; then
    google.rpc.RetryInfo in the body.
    Args: now_s: Unix seconds, for dates.
    """
    named = {name: value for name, value in headers if name in (b"retry-after", b"retry-after-ms")}
    finer_s = _number(named.get(b"retry-after-ms", b""))
    if finer_s is not None:
        return finer_s / _MS_PER_S
    given = named.get(b"retry-after", b"")
    if given:
        seconds = _number(given)
        return seconds if seconds is not None else _seconds_until(given, now_s)
    found = _RETRY_DELAY.search(body, 0, _LOOKED_AT_BYTES)
    return float(found[1]) if found else None


def _number(text: bytes) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) and number >= 0 else None


def _seconds_until(date: bytes, now_s: float) -> float | None:
    try:
        return max(0.0, parsedate_to_datetime(date.decode("latin-1")).timestamp() - now_s)
    except (ValueError, OverflowError):
        return None

"""Durations as options write them: `60m`, `1h`, `2d`, `last_15m`."""

import re
from typing import Final

from lrcp.model.errors import InputError

_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "mo": 30 * 86400}
_DURATION: Final = re.compile(r"(?:last_)?(\d{1,9})(s|mo|m|h|d|w)?\Z")


def parse_duration_s(text: str) -> int:
    """Seconds of a duration; a bare number is seconds.

    Raises: InputError - it is not a duration.
    """
    found = _DURATION.match(text.strip())
    if found is None:
        raise InputError(f"{text!r} is not a duration such as 60m, 1h, 2d or last_15m")
    return int(found[1]) * _UNIT_S[found[2] or "s"]


def spell_duration(seconds: float) -> str:
    """`5 minutes`, `1 hour`, `36 hours`, `90 seconds`: in the largest unit that divides it."""
    for unit, length_s in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length_s and seconds % length_s == 0:
            amount = int(seconds // length_s)
            return f"{amount} {unit}{'' if amount == 1 else 's'}"
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"

"""Times of a case, counted from its start: `7m`, `1h30m`, `-2d`, `90s`."""

import re
from datetime import UTC, datetime
from typing import Final

from lrcp.model.errors import InputError

_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_SPAN: Final = re.compile(r"(-)?((?:\d+(?:\.\d+)?[smhdw])+|0)\Z")
_PIECE: Final = re.compile(r"(\d+(?:\.\d+)?)([smhdw])")
EXAMPLE: Final = "a time such as 7m, 90s, 1h30m"


def parse_moment(text: str) -> float:
    """Seconds. Raises: InputError."""
    found = _SPAN.match(text.strip())
    if found is None:
        raise InputError(f"{text[:40]!r} is not {EXAMPLE}")
    seconds = sum(float(amount) * _UNIT_S[unit] for amount, unit in _PIECE.findall(found[2]))
    return -seconds if found[1] else seconds


def spell_moment(seconds: float) -> str:
    """`1h30m`, `0s`, `-2d`."""
    rest, text = abs(seconds), ""
    for unit in ("d", "h", "m"):
        amount, rest = divmod(rest, _UNIT_S[unit])
        text += f"{amount:.0f}{unit}" if amount else ""
    text += f"{rest:g}s" if rest or not text else ""
    return f"-{text}" if seconds < 0 else text


def parse_start(text: str) -> int:
    """Unix seconds of an ISO 8601 time; without an offset it is UTC. Raises: InputError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{text[:40]!r} is not a time such as 2026-01-05T00:00:00Z") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())

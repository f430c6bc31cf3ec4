"""Durations as a person writes them."""

import re
from typing import Final

from lrcp.model.errors import SettingsError

_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_duration(text: str, option: str = "--duration") -> float:
    """Seconds of `90`, `90s`, `1.5m`, `2h`, `1d`. Raises: SettingsError - none of these; names the option."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip())
    if match is None:
        raise SettingsError(f"{option} {text!r} is no duration; write for example 90s, 10m or 2h")
    return float(match[1]) * _SECONDS[match[2]]

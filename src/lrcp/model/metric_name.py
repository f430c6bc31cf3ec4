"""Datadog's rules for metric names: ASCII letters, digits, '_' and '.', a letter first, at most 200 characters."""

import re
from typing import Final

MAX_METRIC_NAME_CHARS: Final = 200
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,199}").fullmatch
_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.]")
_BEFORE_LETTER = re.compile(r"[^A-Za-z]*")


def normalize_metric_name(name: str) -> str:
    """A metric's name as the store knows it; every other character becomes '_', what precedes the first letter goes.

    Returns: the name, '' when it holds no letter.
    """
    if _PLAIN(name):
        return name
    return _BEFORE_LETTER.sub("", _FORBIDDEN.sub("_", name), count=1)[:MAX_METRIC_NAME_CHARS]

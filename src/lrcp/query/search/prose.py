"""JSON as prose: its text with every escape as a space, so that `\\n` does not begin a word."""

import re
from typing import Final

ESCAPE: Final = r"\\(u[0-9a-fA-F]{4}|.)"
"""An escape within a JSON text; means the same to RE2."""
_ESCAPE: Final = re.compile(ESCAPE)


def json_prose(text: str) -> str:
    """A JSON text to look for words in; names of members are among them."""
    return _ESCAPE.sub(" ", text)

"""Names of variables: `host.name`, `[dot.key].name`, `@facet.name`, `log.attributes.[error.message]`, `service.links[Runbook]`."""

import re
from typing import Final

from lrcp.monitors.message.tree import Path

PATH_PATTERN: Final = r"(?:@?[A-Za-z_]|@?\[[^\]\n]*\])(?:[\w@]|\[[^\]\n]*\]|\.(?=[\w@\[]))*"
"""A name as it stands in an expression, where `-` is an operator."""
_PIECE: Final = re.compile(r"\[([^\]]*)\]|([^.\[\]]+)|(\.)|(.)")


def parse_path(text: str) -> Path | None:
    """The parts of a name; None when it is none."""
    parts: list[str] = []
    for match in _PIECE.finditer(text.strip().removeprefix(".")):
        bracketed, plain, dot, stray = match.groups()
        if stray is not None:
            return None
        if dot is None:
            parts.append(bracketed if bracketed is not None else plain)
    return Path(tuple(parts)) if parts and all(parts) and " " not in parts[0] else None

"""Handles: whom a rendered text calls, such as `@slack-ops` or `@workflow-restart(host=a)`.

Only an `@` that the author of the message wrote begins a handle; one that a tag or a log brought along does not. What
follows it may come from variables (`@slack-{{service.name}}`).
"""

import re
from bisect import bisect_right
from typing import Final

MAX_HANDLES: Final = 100
_HANDLE: Final = re.compile(
    r"""(?<!\S)@(workflow-[\w.-]{1,200}\([^()\n]{0,1000}\)|[^\s@,;()<>"'{}\[\]]{1,200}(?:@[^\s@,;()<>"'{}\[\]]{1,200})?)"""
)
_TRAILING: Final = ".:!?*_`"


def find_handles(text: str, inserted: list[tuple[int, int]]) -> tuple[str, ...]:
    """The handles of a text without their `@`, each once, in their order.

    inserted: which parts of the text came from variables, [start, end), ascending.
    """
    found: dict[str, None] = {}
    starts = [start for start, _ in inserted]
    for match in _HANDLE.finditer(text):
        place = bisect_right(starts, match.start()) - 1
        if place >= 0 and match.start() < inserted[place][1]:
            continue
        handle = match[1] if match[1].endswith(")") else match[1].rstrip(_TRAILING)
        if handle and len(found) < MAX_HANDLES:
            found.setdefault(handle)
    return tuple(found)


def without_handles(text: str, handles: tuple[str, ...]) -> str:
    """A text without the mentions of handles, as the presets that hide them ask for."""
    for handle in handles:
        text = re.sub(rf"(?<!\S)@{re.escape(handle)}(?![\w-])[ \t]?", "", text)
    return text

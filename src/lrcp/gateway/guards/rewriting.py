"""Putting other words at places of a JSON text; every byte elsewhere stays as it was."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec

from lrcp.gateway.guards.walk import Path

Edit = tuple[int, int, str]
"""From and to, in characters of the text, and what is put there instead."""

_TOKEN: Final = re.compile(rb'"(?:[^"\\]+|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_UNIT: Final = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|[^\\]+", re.DOTALL)


def rewrite_json(data: bytes, edits: Mapping[Path, Sequence[Edit]], removed: Collection[Path] = ()) -> bytes:
    """Change the texts at these paths; edits of one text are in order, without overlaps. Values in removed become empty.

    Raises: ValueError - there is no such place.
    """
    places = find_values(data, {*edits, *removed})
    if len(places) != len({*edits, *removed}):
        raise ValueError("a text to change is not where it should be")
    pieces, done = [], 0
    for path, (start, end) in sorted(places.items(), key=lambda item: item[1]):
        if start < done:
            continue  # within a value that is gone
        pieces.append(data[done:start])
        raw = data[start:end]
        pieces.append(_edit(raw, edits[path]) if path in edits else b"[]" if raw.startswith(b"[") else b"null")
        done = end
    return b"".join([*pieces, data[done:]])


def find_values(data: bytes, wanted: Collection[Path]) -> dict[Path, tuple[int, int]]:
    """Where in a JSON text the values at these paths begin and end, in bytes. Of a name given twice the last one counts."""
    places: dict[Path, tuple[int, int]] = {}
    path: list[str | int] = []
    opened: list[int] = []
    names = False  # whether the next string names a member
    for match in _TOKEN.finditer(data):
        token, first = match.group(), data[match.start()]
        if first in b"{[":
            opened.append(match.start())
            path.append("" if first == 0x7B else 0)
            names = first == 0x7B
        elif first in b"}]":
            path.pop()
            _note(places, wanted, path, opened.pop(), match.end())
            names = False
        elif first == 0x2C:  # a comma
            last = path[-1]
            names = isinstance(last, str)
            path[-1] = last if isinstance(last, str) else last + 1
        elif names and first == 0x22:
            path[-1] = msgspec.json.decode(token, type=str)
            names = False
        elif first != 0x3A:  # a colon
            _note(places, wanted, path, match.start(), match.end())
    return places


def _note(
    places: dict[Path, tuple[int, int]], wanted: Collection[Path], path: list[str | int], start: int, end: int
) -> None:
    at = tuple(path)
    if at in wanted:
        places[at] = (start, end)


def _edit(raw: bytes, edits: Sequence[Edit]) -> bytes:
    """A JSON string with other words at some places; its escapes stay as they were written."""
    inner = raw[1:-1].decode()
    at = _offsets(inner, [place for start, end, _ in edits for place in (start, end)])
    pieces, done = [], 0
    for number, (_, _, replacement) in enumerate(edits):
        pieces += [inner[done : at[2 * number]], msgspec.json.encode(replacement).decode()[1:-1]]
        done = at[2 * number + 1]
    return f'"{"".join(pieces)}{inner[done:]}"'.encode()


def _offsets(inner: str, places: Sequence[int]) -> list[int]:
    """Where characters of a text are in its JSON, as places rise."""
    offsets: list[int] = []
    chars = 0
    for match in _UNIT.finditer(inner):
        if len(offsets) == len(places):
            break
        length = 1 if match.group().startswith("\\") else len(match.group())
        while len(offsets) < len(places) and places[len(offsets)] < chars + length:
            offsets.append(match.start() + places[len(offsets)] - chars)
        chars += length
    return offsets + [len(inner)] * (len(places) - len(offsets))

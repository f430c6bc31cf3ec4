"""Ids of rows and cursors of lists: opaque to clients, the same for as long as the rows are there."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from lrcp.store.telemetry.source.event_rows import Place, RowsWanted

_MAX_CHARS: Final = 400


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """Where a page ended, and the range that the first one was read in, so that `now` does not move it."""

    time_ns: int
    tie: int
    passed: int
    from_ns: int
    to_ns: int

    @property
    def place(self) -> Place:
        return Place(self.time_ns, self.tie, self.passed)


def row_id(row: Mapping[str, Any]) -> str:
    """An id that a row always has; rows that are alike in everything share it."""
    return _encode(row["time_ns"].to_bytes(8, "big") + row["tie"].to_bytes(8, "big"))


def next_cursor(wanted: RowsWanted, rows: Sequence[Mapping[str, Any]]) -> str:
    """The cursor behind the last of these rows, of which there is at least one."""
    last = rows[-1]
    alike = sum(row["time_ns"] == last["time_ns"] and row["tie"] == last["tie"] for row in rows)
    before = wanted.after
    if before is not None and alike == len(rows) and (before.time_ns, before.tie) == (last["time_ns"], last["tie"]):
        alike += before.passed
    return encode_cursor(Cursor(last["time_ns"], last["tie"], alike, wanted.from_ns, wanted.to_ns))


def encode_cursor(cursor: Cursor) -> str:
    """Text for a URL."""
    return _encode(msgspec.json.encode(cursor))


def find_cursor(text: Any) -> Cursor | None:
    """The cursor that a text is, None when it is none of ours."""
    try:
        padded = str(text)[:_MAX_CHARS].encode("ascii") + b"=" * (-len(str(text)) % 4)
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=Cursor)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        return None
    in_range = all(0 <= number < 2**63 for number in (cursor.time_ns, cursor.passed, cursor.from_ns, cursor.to_ns))
    return cursor if in_range and 0 <= cursor.tie < 2**64 and cursor.passed <= 10_000_000 else None


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

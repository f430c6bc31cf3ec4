"""The cursor of a list: where the last page ended and the range it was read in, so that inserts do not shift pages."""

import base64
import binascii
from typing import Final

import msgspec

from lrcp.api.problems import field_error

_MAX_CHARS: Final = 400


class Cursor(msgspec.Struct, array_like=True, frozen=True):
    """key: of the last row, by the sort (ns, nusd or tokens); trace_id breaks ties; the range is that of the first page."""

    sort: str
    key: int
    trace_id: str
    from_ns: int
    to_ns: int


def encode_cursor(cursor: Cursor) -> str:
    """Text for a URL; opaque to clients."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).rstrip(b"=").decode()


def decode_cursor(text: str, sort: str) -> Cursor:
    """Raises: ApiError 422 - not a cursor, or one of another sort."""
    try:
        padded = text[:_MAX_CHARS].encode("ascii") + b"=" * (-len(text) % 4)
        cursor = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=Cursor)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise field_error("query.cursor", "it is not one that this server gave out") from None
    if cursor.sort != sort:
        raise field_error("query.cursor", f"it belongs to a list sorted by {cursor.sort[:20]}, not by {sort}")
    in_int64 = all(-(2**63) <= number < 2**63 for number in (cursor.key, cursor.from_ns, cursor.to_ns))
    if not in_int64 or not 0 <= cursor.from_ns < cursor.to_ns <= 4_102_444_800_000_000_000:
        raise field_error("query.cursor", "it is not one that this server gave out")
    return cursor

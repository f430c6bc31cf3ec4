"""Windows as they are written: `last_5m`, `current_1d`, `next_1w`, `5m_ago`, and in call chains `5m`, `current_1d`."""

import re
from typing import Final

from lrcp.query.cursor import Cursor
from lrcp.query.lexer import Token
from lrcp.query.monitor.ast import Change, Window

_HEADED: Final = re.compile(r"(last|current|next)_(\d{1,6})(s|mo|m|h|d|w)", re.ASCII).fullmatch
_PLAIN: Final = re.compile(r"(\d{1,6})(s|mo|m|h|d|w)", re.ASCII).fullmatch
_AGO: Final = re.compile(r"(\d{1,6})(s|mo|m|h|d|w)_ago", re.ASCII).fullmatch
_HEADED_FORMS: Final = ("last_5m", "current_1d", "next_1w")


def find_window(text: str) -> Window | None:
    """`5m`, `last_5m`, `current_1d` or `next_1w` as a window, None when it is none; `5m` and `last_5m` are the same."""
    if match := _PLAIN(text):
        return Window("last", int(match[1]), match[2])
    if match := _HEADED(text):
        return Window(match[1], int(match[2]), match[3])
    return None


def find_plain_window(text: str) -> Window | None:
    """`5m` or `current_1d` as a window: how call chains write it."""
    found = find_window(text)
    return None if found is None or text.startswith(("last_", "next_")) else found


def print_plain_window(window: Window) -> str:
    """`5m`, `current_1d`: as call chains write it."""
    return ("" if window.kind == "last" else window.kind + "_") + f"{window.amount}{window.unit}"


def print_window(window: Window) -> str:
    """`last_5m`: as the heads of metric queries write it."""
    return f"{window.kind}_{window.amount}{window.unit}"


def print_shift(change: Change) -> str:
    """`last_5m` or `5m_ago`, as it was written."""
    return f"{print_plain_window(change.shift)}_ago" if change.ago else print_window(change.shift)


def read_window(cursor: Cursor) -> Window:
    """The window of a metric query's head. Raises: QueryError."""
    token = cursor.take()
    match = _HEADED(token.value) if token.kind == "name" else None
    if match is None:
        raise _no_window(cursor, token, _HEADED_FORMS)
    return Window(match[1], int(match[2]), match[3])


def read_shift(cursor: Cursor) -> tuple[Window, bool]:
    """The shift of a change query, and whether it was written as `5m_ago`. Raises: QueryError."""
    token = cursor.take()
    if token.kind == "word" and (match := _AGO(token.value)):
        return Window("last", int(match[1]), match[2]), True
    found = _HEADED(token.value) if token.kind == "name" else None
    if found is None or found[1] != "last":
        raise _no_window(cursor, token, ("last_5m", "5m_ago"))
    return Window("last", int(found[2]), found[3]), False


def _no_window(cursor: Cursor, token: Token, expected: tuple[str, ...]) -> Exception:
    found = repr(token.value) if token.value else "the end of the query"
    return cursor.error(f"{found} is no window of time", expected, token)

"""JSON text that is nearly JSON: what clients send when an application cut a prompt in the middle of a character."""

import re
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

_Value = TypeVar("_Value")

_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)
"""Every escape in turn, so that an escaped backslash is never taken for the start of one; group 1: half a pair."""

_REPLACEMENT: Final = rb"\ufffd"


def mend_json(body: bytes) -> bytes:
    """The body with halves of surrogate pairs and bytes that are not UTF-8 replaced by U+FFFD, all else as it was.

    JavaScript and Python both write half a pair as an escape (`\\ud83d`), which strict readers refuse with the whole body.
    """
    text = body.decode("utf-8", "replace").encode()
    return _ESCAPE.sub(lambda found: _REPLACEMENT if found[1] else found[0], text)


def decode_mended(decode: Callable[[bytes], _Value], body: bytes) -> _Value:
    """What a decoder of JSON makes of a body, or of the mended body when half a character was what it failed on.

    Raises: what the decoder raises.
    """
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        mended = mend_json(body)
        if mended == body:
            raise
        return decode(mended)

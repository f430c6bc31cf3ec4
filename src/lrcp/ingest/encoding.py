"""Content-Encoding of request bodies, undone within a bound."""

import sys
import zlib
from collections.abc import Callable
from typing import Any, Final

from lrcp.model.errors import DecodeError, TooLargeError, UnsupportedError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MAX_FRAMES: Final = 64


def decompress(body: bytes, encoding: str, max_bytes: int) -> bytes:
    """Undo one Content-Encoding.

    Args:
        encoding: the header's value; gzip, deflate (zlib or raw), zstd, zstd1, identity.
        max_bytes: bound of the result, against bombs.
    Raises: UnsupportedError - another encoding; TooLargeError - over the bound; DecodeError - not such bytes.
    """
    name = encoding.strip().lower()
    undo = _DECOMPRESSORS.get(name)
    if undo is None:
        raise UnsupportedError(
            f"content-encoding {encoding[:40]!r} is not supported; use {', '.join(sorted(filter(None, _DECOMPRESSORS)))}"
        )
    try:
        return undo(body, max_bytes)
    except (zlib.error, zstd.ZstdError, EOFError) as error:
        raise DecodeError(f"the body is not valid {name}: {error}") from error


def _frames(new_engine: Callable[[], Any], body: bytes, max_bytes: int) -> bytes:
    """Several frames one after the other are one body (RFC 1952 section 2.2, RFC 8878 section 3).

    Their number is bounded, for each costs a copy of what is left.
    """
    parts, size, rest = [], 0, body
    for _ in range(_MAX_FRAMES):
        engine = new_engine()
        part = engine.decompress(rest, max_bytes + 1 - size)
        size += len(part)
        if size > max_bytes:
            raise TooLargeError(f"the decompressed body is over the limit of {max_bytes} bytes")
        if not engine.eof:
            raise EOFError("it ends too early")
        parts.append(part)
        rest = engine.unused_data
        if not rest:
            return b"".join(parts)
    raise EOFError(f"it has more than {_MAX_FRAMES} frames")


def _gzip(body: bytes, max_bytes: int) -> bytes:
    return _frames(lambda: zlib.decompressobj(16 + zlib.MAX_WBITS), body, max_bytes)


def _deflate(body: bytes, max_bytes: int) -> bytes:
    """`deflate` is zlib by the RFC, raw by the habit of many clients."""
    try:
        return _frames(zlib.decompressobj, body, max_bytes)
    except zlib.error:
        return _frames(lambda: zlib.decompressobj(-zlib.MAX_WBITS), body, max_bytes)


def _zstd(body: bytes, max_bytes: int) -> bytes:
    return _frames(zstd.ZstdDecompressor, body, max_bytes)


def _identity(body: bytes, max_bytes: int) -> bytes:
    return body


_DECOMPRESSORS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
    "zstd1": _zstd,
    "identity": _identity,
    "": _identity,
}

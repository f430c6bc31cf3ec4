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
            f"content-encoding {encoding[:40]!r} is not supported; use {', '.join(sorted(_DECOMPRESSORS))}"
        )
    try:
        return undo(body, max_bytes)
    except (zlib.error, zstd.ZstdError, EOFError) as error:
        raise DecodeError(f"the body is not valid {name}: {error}") from error


def _inflate(wbits: int, body: bytes, max_bytes: int) -> bytes:
    engine = zlib.decompressobj(wbits)
    return _bounded(engine, engine.decompress(body, max_bytes + 1), max_bytes)


def _bounded(engine: Any, out: bytes, max_bytes: int) -> bytes:
    if len(out) > max_bytes:
        raise TooLargeError(f"the decompressed body is over the limit of {max_bytes} bytes")
    if not engine.eof:
        raise EOFError("it ends too early")
    return out


def _gzip(body: bytes, max_bytes: int) -> bytes:
    return _inflate(16 + zlib.MAX_WBITS, body, max_bytes)


def _deflate(body: bytes, max_bytes: int) -> bytes:
    """`deflate` is zlib by the RFC, raw by the habit of many clients."""
    try:
        return _inflate(zlib.MAX_WBITS, body, max_bytes)
    except zlib.error:
        return _inflate(-zlib.MAX_WBITS, body, max_bytes)


def _zstd(body: bytes, max_bytes: int) -> bytes:
    engine = zstd.ZstdDecompressor()
    return _bounded(engine, engine.decompress(body, max_bytes + 1), max_bytes)


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

"""Finding a virtual key in a request, wherever the clients put keys, and taking it out."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from lrcp.model.virtual_key import PREFIX

_PREFIX: Final = PREFIX.encode()
_BEARER: Final = b"bearer"
KEY_HEADERS: Final = (b"x-api-key", b"x-goog-api-key", b"api-key")
"""Where Anthropic's, Google's and Azure's clients put a key; OpenAI's are in `authorization: Bearer`."""
_KEY_PARAMETER: Final = b"key"


def find_virtual_key(headers: Mapping[bytes, bytes], query: bytes) -> str:
    """The first virtual key of a request, or what begins like one; '' when it carries none."""
    value = _bearer_token(headers.get(b"authorization", b""))
    if value.startswith(_PREFIX):
        return value.decode("latin-1")
    for name in KEY_HEADERS:
        value = headers.get(name, b"").strip()
        if value.startswith(_PREFIX):
            return value.decode("latin-1")
    values = _values_of_key(query) if query else []
    return next((value.decode("latin-1") for value in values if value.startswith(_PREFIX)), "")


def without_virtual_keys(headers: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
    """The headers without those that hold a virtual key; the same ones when none does."""
    found = [name for name in (b"authorization", *KEY_HEADERS) if name in headers and _holds_key(headers[name])]
    return {name: value for name, value in headers.items() if name not in found} if found else headers


def query_without_virtual_keys(query: bytes) -> bytes:
    """A query without `key=` where that is a virtual key; everything else keeps its bytes and its order."""
    if not query:
        return query
    return b"&".join(pair for pair in query.split(b"&") if not _is_key_pair(pair))


def _bearer_token(value: bytes) -> bytes:
    scheme, _, token = value.strip().partition(b" ")
    return token.strip() if scheme.lower() == _BEARER else b""


def _holds_key(value: bytes) -> bool:
    bare = value.strip()
    return bare.startswith(_PREFIX) or bare.rpartition(b" ")[2].startswith(_PREFIX)


def _values_of_key(query: bytes) -> list[bytes]:
    pairs = (pair.partition(b"=") for pair in query.split(b"&"))
    return [unquote_to_bytes(value) for name, _, value in pairs if unquote_to_bytes(name) == _KEY_PARAMETER]


def _is_key_pair(pair: bytes) -> bool:
    return any(value.startswith(_PREFIX) for value in _values_of_key(pair))

"""OTLP's AnyValue as Python values, and as the text that a tag holds.

Works on the protobuf messages and on their JSON twins (json_wire.py), which have the same fields.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.otlp.limits import CUT, MAX_VALUE_DEPTH, cut_text

_encode = msgspec.json.Encoder().encode


def plain(value: Any, depth: int = 0) -> Any:
    """An AnyValue as str, bool, int, float, list, dict or None (unset, or a kind that only profiles use).

    Bytes become base64 text, as in OTLP's JSON form. Below MAX_VALUE_DEPTH levels there is only CUT.
    """
    text = value.string_value
    if text:
        return text
    read = _READERS.get(value.WhichOneof("value"))
    return read(value, depth) if read else None


def _bytes(value: Any, depth: int) -> str:
    raw = value.bytes_value
    return raw if isinstance(raw, str) else b64encode(raw).decode()


def _array(value: Any, depth: int) -> Any:
    if depth >= MAX_VALUE_DEPTH:
        return CUT
    return [plain(item, depth + 1) for item in value.array_value.values]


def _kvlist(value: Any, depth: int) -> Any:
    if depth >= MAX_VALUE_DEPTH:
        return CUT
    return {pair.key: plain(pair.value, depth + 1) for pair in value.kvlist_value.values}


_READERS: Final[dict[str | None, Callable[[Any, int], Any]]] = {
    "string_value": lambda value, depth: value.string_value,
    "bool_value": lambda value, depth: value.bool_value,
    "int_value": lambda value, depth: value.int_value,
    "double_value": lambda value, depth: value.double_value,
    "bytes_value": _bytes,
    "array_value": _array,
    "kvlist_value": _kvlist,
}


def json_text(value: Any) -> str:
    """Compact JSON; NaN and infinities are null. CUT when it nests too deeply to be written."""
    try:
        return _encode(value).decode()
    except RecursionError:
        return f'"{CUT}"'


def as_text(value: Any) -> str:
    """A plain value as a tag's text: strings as they are, None as '', the rest as compact JSON. Bounded."""
    if isinstance(value, str):
        return cut_text(value)
    if value is None:
        return ""
    return cut_text(repr(value) if isinstance(value, float) else json_text(value))


def from_json_text(text: str) -> Any:
    """What JSON text says; None when the text is not JSON."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None

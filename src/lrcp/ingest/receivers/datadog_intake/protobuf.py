"""A reader of protobuf messages, as much of it as two small payloads need. Source: protobuf.dev, wire encoding."""

import struct
from collections.abc import Iterator
from typing import Any, Final

from lrcp.model.errors import DecodeError

VARINT: Final = 0
FIXED64: Final = 1
BYTES: Final = 2
FIXED32: Final = 5


def read_fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Fields of a message as (number, wire type, value): int for VARINT, bytes for the others.

    Raises: DecodeError - cut short, or no protobuf; the message names the byte.
    """
    at = 0
    while at < len(data):
        start = at
        tag, at = _read_varint(data, at)
        number, wire = tag >> 3, tag & 7
        value: Any
        if wire == VARINT:
            value, at = _read_varint(data, at)
        else:
            size, at = _read_size(data, at, wire, start)
            if at + size > len(data):
                raise DecodeError(f"the protobuf ends inside the field at byte {start}")
            value, at = data[at : at + size], at + size
        if not number:
            raise DecodeError(f"no protobuf field at byte {start}")
        yield number, wire, value


def _read_size(data: bytes, at: int, wire: int, start: int) -> tuple[int, int]:
    if wire == BYTES:
        return _read_varint(data, at)
    if wire == FIXED64:
        return 8, at
    if wire == FIXED32:
        return 4, at
    raise DecodeError(f"no protobuf field at byte {start}")


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    start = at
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise DecodeError(f"the protobuf has no whole number at byte {start}")


def read_varints(data: bytes) -> list[int]:
    """The numbers of a packed field. Raises: DecodeError."""
    numbers, at = [], 0
    while at < len(data):
        number, at = _read_varint(data, at)
        numbers.append(number)
    return numbers


def expect(wire: int, wanted: int, what: str) -> None:
    """Raises: DecodeError - the field is of another wire type than the schema says."""
    if wire != wanted:
        raise DecodeError(f"{what} has protobuf wire type {wire}, not {wanted}")


def as_signed(number: int) -> int:
    """An int64 or int32 from its varint."""
    return number - (1 << 64) if number >= 1 << 63 else number


def as_zigzag(number: int) -> int:
    """An sint32 or sint64 from its varint."""
    return (number >> 1) ^ -(number & 1)


def as_double(raw: bytes) -> float:
    """A double from its 8 bytes."""
    value: float = struct.unpack("<d", raw)[0]
    return value


def as_string(raw: bytes) -> str:
    """A string. Raises: DecodeError - not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise DecodeError(f"a protobuf string is not UTF-8: {error}") from error

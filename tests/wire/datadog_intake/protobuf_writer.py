"""Protobuf bytes for tests, written by the rules of the wire format (nothing of the reader under test is used)."""

import struct


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def number_field(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def double_field(field: int, number: float) -> bytes:
    return varint(field << 3 | 1) + struct.pack("<d", number)


def bytes_field(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def zigzag(number: int) -> int:
    return number << 1 if number >= 0 else (-number << 1) - 1

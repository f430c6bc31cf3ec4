"""Mutations of bytes and of JSON values: fast, seeded, and with an eye for what breaks parsers."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

_AWKWARD = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\n",
    b"|",
    b":",
    b",",
    b"#",
    b"@",
    b"T",
    b"_e{",
    b"_sc|",
    b"-1",
    b"0",
    b"1e999",
    b"-0.0",
    b"nan",
    b"NaN",
    b"Infinity",
    b"18446744073709551616",
    b"9" * 400,
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'""',
    b'"',
    b"[" * 50,
    b"{",
    b"}",
    b"]",
    b"\\u0000",
    b"\\ud800",
    b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
)


def mutated(seed: bytes, others: Sequence[bytes], random: Random) -> bytes:
    """One to four random changes of a seed; others are what pieces are borrowed from."""
    data = seed
    for _ in range(random.randint(1, 4)):
        data = random.choice(_CHANGES)(data, others, random)
    return data[:100_000]


def _flip(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _insert(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.choice(_AWKWARD) + data[at:]


def _replace(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    start, end = _span(data, random)
    return data[:start] + random.choice(_AWKWARD) + data[end:]


def _cut(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    start, end = _span(data, random)
    return data[:start] + data[end:]


def _repeat(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    start, end = _span(data, random)
    return data[:end] + data[start:end] * random.randint(1, 8) + data[end:]


def _splice(data: bytes, others: Sequence[bytes], random: Random) -> bytes:
    other = random.choice(others)
    return data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]


def _span(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.randint(0, 12))


_CHANGES: tuple[Callable[[bytes, Sequence[bytes], Random], bytes], ...] = (
    _flip,
    _insert,
    _replace,
    _cut,
    _repeat,
    _splice,
)


_AWKWARD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    1e300,
    -1e-300,
    2**63,
    2**64 - 1,
    10**30,
    "",
    "0",
    "1e999",
    "nan",
    "\x00",
    "\U0001f600" * 50,
    "x" * 5000,
    "host:",
    "2023-11-14T22:13:20Z",
    "9999-12-31T23:59:59.999999999-23:59",
    [],
    {},
    [[]],
    [None],
    {"": {}},
    [1, "a", {}],
)


def mutated_value(value: Any, random: Random) -> Any:
    """A JSON value with one node replaced, removed or doubled."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        key = random.choice(list(value))
        if random.random() < 0.1:
            return {name: inner for name, inner in value.items() if name != key}
        return {**value, key: mutated_value(value[key], random)}
    if isinstance(value, list) and value and random.random() < 0.9:
        at = random.randrange(len(value))
        if random.random() < 0.1:
            return [*value, *value[: at + 1]]
        return [*value[:at], mutated_value(value[at], random), *value[at + 1 :]]
    return random.choice(_AWKWARD_VALUES)

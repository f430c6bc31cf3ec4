"""Trace and span ids: hex text inside, the decimal and 64-bit forms of the wires at the edge."""

import os
from hashlib import blake2b
from random import Random

_random = Random(os.urandom(32))
"""Seeded once: ids must differ, not be secret, and asking the kernel for each costs microseconds on every request."""
os.register_at_fork(after_in_child=lambda: _random.seed(os.urandom(32)))
_LOW_64 = (1 << 64) - 1


def span_hex(number: int) -> str:
    """A 64-bit span id as 16 hex digits; '' for 0, which the wires use for 'none'."""
    return f"{number & _LOW_64:016x}" if number else ""


def trace_hex(low: int, high: int = 0) -> str:
    """A trace id as 32 hex digits, from its low and high 64 bits."""
    return f"{high & _LOW_64:016x}{low & _LOW_64:016x}"


def new_trace_id() -> str:
    """32 random hex digits, not all 0."""
    return f"{_random.getrandbits(128) or 1:032x}"


def new_span_id() -> str:
    """16 random hex digits, not all 0."""
    return f"{_random.getrandbits(64) or 1:016x}"


def payload_digest(*parts: bytes) -> bytes:
    """16 bytes that identify a payload (its path and its body), for storing a resent one once."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.digest()

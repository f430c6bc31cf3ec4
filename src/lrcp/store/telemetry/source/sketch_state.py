"""The engine's DDSketch: its values corrected, and its state's bytes as bins.

The engine cuts the logarithm of a value towards zero instead of downwards. So below 1 a bin begins one bin lower than the
value that the engine answers from it says, which makes its answers up to 1.5 % too high, and bin 0 is twice as wide.
Here each bin stands for its own middle, as in query/scan/sketch.py. Checked by tests/contract/source.
"""

import struct
from typing import Final

import numpy as np

from lrcp.query.scan.grid import Array
from lrcp.query.scan.sketch import GAMMA, RELATIVE_ERROR

STORED_LEVELS: Final = "0.5, 0.75, 0.9, 0.95, 0.99"
"""Those of the column's type; a merge may ask for any others, a merged state keeps these."""

_LOG_GAMMA: Final = float(np.log(GAMMA))
_CONTIGUOUS: Final = 12
_HEADER_BYTES: Final = 17
"""A flag, gamma and offset of the bins."""


def middle(key: Array) -> Array:
    """float64[n]: what the engine's bin with a key stands for; keys are whole numbers."""
    lower = np.where(key < 0, key - 1, key)
    return np.where(key == 0, 1.0, np.exp(lower * _LOG_GAMMA) * (1 + RELATIVE_ERROR))


def corrected(answered: Array) -> Array:
    """float64[n]: quantiles as the engine answers them -> the middles of the bins that they were found in."""
    size = np.abs(answered)
    with np.errstate(divide="ignore", invalid="ignore"):
        key = np.round(np.log(size / (1 + RELATIVE_ERROR)) / _LOG_GAMMA)
    return np.where(size > 0, np.sign(answered) * middle(key), answered)


def decode_state(state: bytes) -> tuple[Array, Array]:
    """(values, counts), float64[n] each: the bins of one state."""
    positive, positive_counts, at = _store(state, _HEADER_BYTES + 1)
    negative, negative_counts, at = _store(state, at + 1)
    zeros = struct.unpack_from("<d", state, at + 1)[0]
    values = np.concatenate([middle(positive), -middle(negative), [0.0]])
    counts = np.concatenate([positive_counts, negative_counts, [zeros]])
    kept = counts > 0
    return values[kept], counts[kept]


def _store(state: bytes, at: int) -> tuple[Array, Array, int]:
    """(keys, counts, where it ends) of the bins of one sign."""
    contiguous = state[at] == _CONTIGUOUS
    bins, at = _unsigned(state, at + 1)
    if contiguous:
        first, at = _signed(state, at)
        step, at = _signed(state, at)
        counts = np.frombuffer(state, "<f8", bins, at)
        return first + step * np.arange(bins, dtype=np.float64), counts, at + 8 * bins
    keys, counts, key = np.empty(bins), np.empty(bins), 0
    for i in range(bins):
        delta, at = _signed(state, at)
        keys[i] = key = key + delta
        counts[i] = struct.unpack_from("<d", state, at)[0]
        at += 8
    return keys, counts, at


def _unsigned(state: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, and where it ends."""
    number = shift = 0
    while True:
        byte = state[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def _signed(state: bytes, at: int) -> tuple[int, int]:
    number, at = _unsigned(state, at)
    return (number >> 1) ^ -(number & 1), at

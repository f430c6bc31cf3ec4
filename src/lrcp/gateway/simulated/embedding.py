"""Simulated embeddings: texts that share words have vectors near each other. Pure and always the same."""

import math
from hashlib import blake2b
from typing import Final

from lrcp.gateway.simulated.questions import telling_words

DIMENSIONS: Final = 256
MAX_DIMENSIONS: Final = 4096


def embed(text: str, dimensions: int | None = None) -> list[float]:
    """A vector of length 1: each word adds to, or takes from, two places that its hash says.

    Source: feature hashing (Weinberger and others, 2009).
    """
    size = min(max(1, dimensions or DIMENSIONS), MAX_DIMENSIONS)
    vector = [0.0] * size
    for word in telling_words(text) or [text]:
        number = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())
        for _ in range(2):
            vector[number // 2 % size] += 1.0 if number % 2 else -1.0
            number >>= 24
    length = math.sqrt(sum(value * value for value in vector))
    if not length:  # words that took each other's place
        vector[0] = length = 1.0
    return [value / length for value in vector]

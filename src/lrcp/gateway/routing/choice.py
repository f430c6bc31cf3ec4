"""Choices: one among weighted targets, by chance or always the same for one session."""

import math
from collections.abc import Sequence
from hashlib import blake2b


def choose_by_chance(weights: Sequence[float], chance: float) -> int:
    """The index that a number in [0, 1) falls on, each index as often as its weight says. Not all weights are 0."""
    left = chance * sum(weights)
    for index, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return index
    return max(index for index, weight in enumerate(weights) if weight > 0)


def choose_for(key: str, names: Sequence[str], weights: Sequence[float]) -> int:
    """The index for a key, always the same; when weights change, only as many keys move as must.

    Source: weighted rendezvous hashing (Mosko, Schwarz and others): the greatest of -weight / ln(hash).
    """
    scores = [
        -weight / math.log(hash_ratio(f"{key}\0{name}")) if weight > 0 else -1.0
        for name, weight in zip(names, weights, strict=True)
    ]
    return scores.index(max(scores))


def hash_ratio(text: str) -> float:
    """A number in (0, 1) that a text always has."""
    number = int.from_bytes(blake2b(text.encode(), digest_size=7).digest())
    return (number + 1) / (2**56 + 2)


def in_hours(hour: int, hours: str) -> bool:
    """Whether an hour (0 to 23) is in `first-last`, last not included; `22-6` goes past midnight."""
    first, last = (int(part) for part in hours.split("-"))
    return first <= hour < last if first < last else hour >= first or hour < last

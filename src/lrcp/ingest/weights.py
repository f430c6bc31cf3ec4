"""Weights of a distribution's values, small enough for the engine, which repeats each value as often as it weighs."""

from collections.abc import Sequence
from typing import Final

MAX_TOTAL_WEIGHT: Final = 100_000


def bounded_weights(weights: Sequence[int]) -> list[int]:
    """Weights whose sum is about MAX_TOTAL_WEIGHT at most, in the same proportions, each at least 1.

    The quantiles of the bucket stay where they were; its exact count and sum travel in their own fields. Beside
    buckets that were not scaled, a scaled one speaks with less weight than it had.
    """
    total = sum(weights)
    if total <= MAX_TOTAL_WEIGHT:
        return list(weights)
    return [max(1, weight * MAX_TOTAL_WEIGHT // total) for weight in weights]

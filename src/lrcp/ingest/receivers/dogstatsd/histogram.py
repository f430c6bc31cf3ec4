"""The agent's aggregates of a histogram over one bucket. Pure. Source: DATADOG.md 1.1, the agent's defaults."""

from collections.abc import Sequence
from typing import Final

import msgspec

Sample = tuple[float, int]
"""A value, and how many events it stands for (at least 1)."""

_PERCENTILE: Final = 95
_MAX_WEIGHT: Final = 1_000_000


class Aggregates(msgspec.Struct):
    """What the agent sends of one histogram: four gauges and a rate (events per second)."""

    max: float
    median: float
    avg: float
    count_per_s: float
    percentile_95: float


def weight_of_rate(rate: float) -> int:
    """How many events a value sampled at this rate stands for: int(1/rate), between 1 and a million."""
    if rate <= 0:
        return 1
    return max(1, int(min(1 / rate, _MAX_WEIGHT)))


def histogram_aggregates(samples: Sequence[Sample], *, total: float, interval_s: int) -> Aggregates:
    """Aggregates of weighted samples.

    Args:
        samples: not empty, any order.
        total: sum of value / sample rate, which differs from sum of value * weight when 1/rate is no whole number.
        interval_s: length of the bucket, for the rate.
    """
    ranked = sorted(samples)
    count = sum(weight for _, weight in ranked)
    return Aggregates(
        max=ranked[-1][0],
        median=_value_at_rank(ranked, (count - 1) // 2),
        avg=total / count,
        count_per_s=count / interval_s,
        percentile_95=_value_at_rank(ranked, (_PERCENTILE * count - 1) // 100),
    )


def _value_at_rank(ranked: Sequence[Sample], rank: int) -> float:
    """The first value whose cumulated weight is above the rank."""
    weight_so_far = 0
    for value, weight in ranked:
        weight_so_far += weight
        if weight_so_far > rank:
            return value
    return ranked[-1][0]


def thinned(samples: Sequence[Sample]) -> list[Sample]:
    """Half as many samples of the same total weight: neighbours by value become one, at the upper value.

    Maximum, count and average stay exact; a rank moves by at most the weight of one neighbour.
    """
    ranked = sorted(samples)
    odd = len(ranked) % 2
    pairs = zip(ranked[odd::2], ranked[odd + 1 :: 2], strict=True)
    return [*ranked[:odd], *((upper, low_weight + weight) for (_, low_weight), (upper, weight) in pairs)]

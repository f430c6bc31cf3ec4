"""OTLP histograms: their totals, the difference of two, and values with weights that a DDSketch can take.

The buckets of a histogram do not keep the values. They are spread evenly over each explicit bucket (as Datadog's OTLP
ingest interpolates), and stand in the middle of each exponential one.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec

from lrcp.ingest.receivers.otlp.limits import MAX_BUCKETS, MAX_POINT_COUNT
from lrcp.ingest.receivers.otlp.taken import RefusedError

MAX_SKETCH_WEIGHT: Final = 1024
"""Of one histogram's values together. The store unfolds a weight into that many values, so a histogram that counts more
is scaled down: its quantiles stay within 0.1 %, its count and sum are kept apart and exact."""

_POINTS_PER_BUCKET: Final = 10
_SCALES: Final = range(-32, 33)


class Totals(msgspec.Struct):
    """A histogram, explicit or exponential.

    buckets and negative: {index: count}; scale is None for an explicit one, whose index is the place in bounds.
    min and max are None when nobody said, as for the difference of two cumulative ones.
    """

    count: int
    sum: float | None
    buckets: dict[int, int]
    bounds: tuple[float, ...] = ()
    scale: int | None = None
    negative: dict[int, int] = {}
    zero_count: int = 0
    min: float | None = None
    max: float | None = None


def read_explicit(point: Any) -> Totals:
    """A HistogramDataPoint. Raises: RefusedError - its parts do not fit each other, or are over the bounds."""
    counts, bounds = list(point.bucket_counts), tuple(point.explicit_bounds)
    if counts and len(counts) != len(bounds) + 1:
        raise RefusedError("a histogram needs one bucket_count more than explicit_bounds")
    if not all(map(math.isfinite, bounds)) or any(a >= b for a, b in pairwise(bounds)):
        raise RefusedError("a histogram's explicit_bounds must be finite and rise")
    totals = Totals(point.count, _field(point, "sum"), _numbered(counts, 0), bounds)
    return _checked(totals, point, len(counts))


def read_exponential(point: Any) -> Totals:
    """An ExponentialHistogramDataPoint. Raises: RefusedError - scale, offset or counts over the bounds."""
    if point.scale not in _SCALES:
        raise RefusedError(f"an exponential histogram's scale must be from {_SCALES[0]} to {_SCALES[-1]}")
    positive, negative = list(point.positive.bucket_counts), list(point.negative.bucket_counts)
    totals = Totals(
        point.count,
        _field(point, "sum"),
        _numbered(positive, point.positive.offset),
        scale=point.scale,
        negative=_numbered(negative, point.negative.offset),
        zero_count=point.zero_count,
    )
    return _checked(totals, point, len(positive) + len(negative))


def _numbered(counts: Sequence[int], offset: int) -> dict[int, int]:
    return {offset + place: count for place, count in enumerate(counts) if count}


def _field(point: Any, name: str) -> float | None:
    """An optional number; None when absent or not finite."""
    value = getattr(point, name) if point.HasField(name) else None
    return value if value is not None and math.isfinite(value) else None


def _checked(totals: Totals, point: Any, buckets: int) -> Totals:
    if buckets > MAX_BUCKETS:
        raise RefusedError(f"a histogram has over {MAX_BUCKETS} buckets")
    if max(totals.count, totals.zero_count, *totals.buckets.values(), *totals.negative.values()) > MAX_POINT_COUNT:
        raise RefusedError(f"a histogram counts over {MAX_POINT_COUNT}")
    totals.min, totals.max = _field(point, "min"), _field(point, "max")
    return totals


def minus(now: Totals, last: Totals) -> Totals | None:
    """What a cumulative histogram gained; None when it went back or its buckets are others."""
    if now.bounds != last.bounds or (now.scale is None) != (last.scale is None) or now.count < last.count:
        return None
    if now.scale is not None and last.scale is not None:
        scale = min(now.scale, last.scale)
        now, last = _rescaled(now, scale), _rescaled(last, scale)
    buckets, negative = _less(now.buckets, last.buckets), _less(now.negative, last.negative)
    if buckets is None or negative is None or now.zero_count < last.zero_count:
        return None
    total = now.sum - last.sum if now.sum is not None and last.sum is not None else None
    return Totals(
        now.count - last.count,
        total,
        buckets,
        now.bounds,
        now.scale,
        negative,
        now.zero_count - last.zero_count,
    )


def _rescaled(totals: Totals, scale: int) -> Totals:
    """The same at a coarser scale: each step down merges neighbours in pairs."""
    steps = (totals.scale or 0) - scale
    if steps == 0:
        return totals
    merged = msgspec.structs.replace(totals, scale=scale, buckets={}, negative={})
    for fine, coarse in ((totals.buckets, merged.buckets), (totals.negative, merged.negative)):
        for index, count in fine.items():
            coarse[index >> steps] = coarse.get(index >> steps, 0) + count
    return merged


def _less(now: dict[int, int], last: dict[int, int]) -> dict[int, int] | None:
    gains = {index: now.get(index, 0) - last.get(index, 0) for index in now.keys() | last.keys()}
    return None if any(gain < 0 for gain in gains.values()) else {i: gain for i, gain in gains.items() if gain}


def sketch_values(totals: Totals) -> tuple[list[float], list[int]]:
    """Values and weights for a DDSketch; the weights sum to the count, or to MAX_SKETCH_WEIGHT when that is less.

    Returns: (float64[n], int[n]), values rising; both empty when the histogram has no buckets to tell them.
    """
    pairs = _explicit_values(totals) if totals.scale is None else _exponential_values(totals)
    clipped = sorted((_clip(value, totals.min, totals.max), weight) for value, weight in pairs)
    return _scaled_down(clipped)


def _clip(value: float, low: float | None, high: float | None) -> float:
    if high is not None:
        value = min(value, high)
    return value if low is None else max(value, low)


def _explicit_values(totals: Totals) -> list[tuple[float, int]]:
    pairs: list[tuple[float, int]] = []
    for index, count in totals.buckets.items():
        left, right = _edges(totals, index)
        points = min(count, _POINTS_PER_BUCKET)
        share, more = divmod(count, points)
        for place in range(points):
            value = left + (right - left) * ((place + 0.5) / points)
            pairs.append((value, share + (1 if place < more else 0)))
    return pairs


def _edges(totals: Totals, index: int) -> tuple[float, float]:
    """Where a bucket begins and ends; the open ones at the ends reach to min and max, as far as those are known."""
    bounds = totals.bounds
    if not bounds:
        mean = totals.sum / totals.count if totals.sum is not None and totals.count else 0.0
        return (
            totals.min if totals.min is not None else mean,
            totals.max if totals.max is not None else mean,
        )
    left = bounds[index - 1] if index > 0 else totals.min
    right = bounds[index] if index < len(bounds) else totals.max
    if left is None or (left > bounds[0] and index == 0):
        left = min(0.0, bounds[0])
    if right is None or (right < bounds[-1] and index == len(bounds)):
        right = bounds[-1]
    low = left if totals.min is None else max(left, min(totals.min, right))
    high = right if totals.max is None else min(right, max(totals.max, left))
    return low, high


def _exponential_values(totals: Totals) -> list[tuple[float, int]]:
    step = 2.0 ** -(totals.scale or 0)
    pairs = [(_middle(index, step), count) for index, count in totals.buckets.items()]
    pairs += [(-_middle(index, step), count) for index, count in totals.negative.items()]
    if totals.zero_count:
        pairs.append((0.0, totals.zero_count))
    return pairs


def _middle(index: int, step: float) -> float:
    """Geometric middle of (base**index, base**(index+1)], base = 2**step, within what a float can hold."""
    return math.exp2(min(1023.0, max(-1022.0, (index + 0.5) * step)))


def _scaled_down(pairs: list[tuple[float, int]]) -> tuple[list[float], list[int]]:
    total = sum(weight for _, weight in pairs)
    factor = min(1.0, MAX_SKETCH_WEIGHT / total) if total else 1.0
    values: list[float] = []
    weights: list[int] = []
    passed = given = 0
    for value, weight in pairs:
        passed += weight
        share = round(passed * factor) - given
        if share:
            values.append(value)
            weights.append(share)
            given += share
    return values, weights

"""MemorySeries: the points of one series, as they were sent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lrcp.model.errors import InputError
from lrcp.model.metric import METRIC_TYPES
from lrcp.model.tags import normalize_tags
from lrcp.query.scan.grid import Array


@dataclass(frozen=True, slots=True, eq=False)
class MemorySeries:
    """Points of one metric and tag set, in any order. Series with the same metric, type and tags are one.

    type: count, gauge, rate, distribution, set. times_s: Unix seconds, with fractions. values: float64[n] aligned with
    them, of a rate per second, of a distribution each value; of a set strings, its members. weights: of a distribution
    how often each value was seen, all once without. tags in any order. interval_s: the sender's own, 0 unknown.
    """

    metric: str
    type: str
    tags: tuple[str, ...]
    times_s: Sequence[float] | Array
    values: Sequence[float] | Sequence[str] | Array
    interval_s: int = 0
    unit: str = ""
    weights: Sequence[float] | Array | None = None

    def __post_init__(self) -> None:
        lengths = {len(self.times_s), len(self.values), len(self.values if self.weights is None else self.weights)}
        if self.type not in METRIC_TYPES:
            raise InputError(f"{self.metric}: {self.type!r} is no type of a metric")
        if len(lengths) > 1:
            raise InputError(f"{self.metric}: times, values and weights must be of one length")


@dataclass(slots=True)
class Points:
    """The points of several series as columns, by time. series: place of each point's series; buckets: of BUCKET_S each.

    values: float64[n]; of sets a number for each distinct member.
    """

    tags: list[tuple[str, ...]]
    interval_s: Array
    unit: str
    series: NDArray[np.int64]
    buckets: NDArray[np.int64]
    values: Array
    weights: Array


def gather_points(given: Sequence[MemorySeries], bucket_s: int) -> Points:
    """The points of series of one metric and type, in the order of their time; points that are no finite numbers are none."""
    places: dict[tuple[str, ...], int] = {}
    of = [places.setdefault(normalize_tags(one.tags), len(places)) for one in given]
    interval_s = np.zeros(len(places))
    np.maximum.at(interval_s, of, [float(one.interval_s) for one in given])
    times = np.concatenate([np.asarray(one.times_s, np.float64) for one in given])
    values = _numbers(given)
    weights = np.concatenate([_weights(one) for one in given])
    series = np.repeat(np.array(of, np.int64), [len(one.times_s) for one in given])
    order = np.lexsort((values, times))  # of two points of one moment the larger is the newer, as in the store
    order = order[np.isfinite(times[order]) & np.isfinite(values[order])]
    unit = next((one.unit for one in reversed(given) if one.unit), "")
    buckets = np.floor(times[order] / bucket_s).astype(np.int64)
    return Points(list(places), interval_s, unit, series[order], buckets, values[order], weights[order])


def _weights(one: MemorySeries) -> Array:
    return np.ones(len(one.times_s)) if one.weights is None else np.asarray(one.weights, np.float64)


def _numbers(given: Sequence[MemorySeries]) -> Array:
    if given[0].type != "set":
        return np.concatenate([np.asarray(one.values, np.float64) for one in given])
    members = np.concatenate([np.array([str(value) for value in one.values], dtype=object) for one in given])
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(member, len(numbers)) for member in members], np.float64)

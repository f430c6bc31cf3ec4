"""From series to groups: which series belong to which group, and their points together."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.query.scan.grid import Array

_KEPT_ROWS: Final = 400_000
"""Series of all groupings that are remembered."""


@dataclass(slots=True)
class Grouping:
    """Which series make up which group. groups: values of the keys. rows: int64[m], places of the members, group by group;
    starts: int64[len(groups)], where each begins. identity: the groups are the series, in their order. sizes: int64."""

    groups: list[tuple[str, ...]]
    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    identity: bool


class _Groupings:
    """The groupings that were made last, by the list of tag sets (the same object) and the keys.

    Scans shared by monitors, and sources that keep their lists, are grouped once. A list of tag sets is not written to
    once a block holds it; the entry keeps it, so that its id is not given to another.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[int, tuple[str, ...]], tuple[list[tuple[str, ...]], Grouping]] = OrderedDict()
        self._rows = 0
        self._lock = Lock()  # an evaluation may run on any thread

    def get(self, tags: list[tuple[str, ...]], keys: tuple[str, ...]) -> Grouping:
        key = (id(tags), keys)
        with self._lock:
            found = self._made.get(key)
            if found is not None:
                self._made.move_to_end(key)
                return found[1]
        made = _group(tags, keys)
        with self._lock:
            self._keep(key, tags, made)
        return made

    def _keep(self, key: tuple[int, tuple[str, ...]], tags: list[tuple[str, ...]], made: Grouping) -> None:
        if key in self._made:  # another thread was faster
            return
        self._rows += len(tags) + 50
        self._made[key] = (tags, made)
        while self._rows > _KEPT_ROWS and len(self._made) > 1:
            _, (old, _grouping) = self._made.popitem(last=False)
            self._rows -= len(old) + 50


grouping: Final = _Groupings().get
"""The grouping of series by keys. tags: their tag sets. A series that lacks a key belongs nowhere; one with several values
of a key belongs to the group of each."""


def _group(tags: list[tuple[str, ...]], keys: tuple[str, ...]) -> Grouping:
    if not keys:
        n = len(tags)
        return _grouping({(): list(range(n))} if n else {}, n)
    members: dict[tuple[str, ...], list[int]] = {}
    for row, tag_set in enumerate(tags):
        for group in _groups_of(tag_set, keys):
            members.setdefault(group, []).append(row)
    return _grouping(members, len(tags))


@lru_cache(maxsize=200_000)
def _groups_of(tag_set: tuple[str, ...], keys: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The groups that a series belongs to: none, one, or one for each of several values of a key."""
    values: dict[str, list[str]] = {}
    for tag in tag_set:
        key, colon, value = tag.partition(":")
        if colon and key in keys:
            values.setdefault(key, []).append(value)
    return tuple(product(*(values.get(key, ()) for key in keys)))


def _grouping(members: dict[tuple[str, ...], list[int]], n: int) -> Grouping:
    places = [row for rows in members.values() for row in rows]
    identity = len(members) == n and places == list(range(n))
    rows = np.array(places, np.int64)
    sizes = np.array([len(rows) for rows in members.values()], np.int64)
    return Grouping(list(members), rows, np.cumsum(sizes) - sizes, sizes, identity)


def combine(values: Array, by: Grouping, aggregator: str) -> Array:
    """float64[groups, points]: the members of each group together, of those that have a point; NaN where none has."""
    if not len(by.groups):
        return np.empty((0, values.shape[1]))
    if by.identity:
        return values if aggregator != "count" else np.where(np.isnan(values), np.nan, 1.0)
    members = values[by.rows]
    return _AGGREGATORS[aggregator](members, by.starts)


def combine_weighted(values: Array, weights: Array, by: Grouping) -> Array:
    """The members' mean by their weights."""
    total = combine(values * weights, by, "sum")
    weight = combine(np.where(np.isnan(values), np.nan, weights), by, "sum")
    return total / weight


def _sum(members: Array, starts: NDArray[np.int64]) -> Array:
    missing = np.isnan(members)
    if not missing.any():
        return np.add.reduceat(members, starts, axis=0)
    totals = np.add.reduceat(np.where(missing, 0.0, members), starts, axis=0)
    totals[np.logical_and.reduceat(missing, starts, axis=0)] = np.nan
    return totals


def _count(members: Array, starts: NDArray[np.int64]) -> Array:
    there = np.add.reduceat((~np.isnan(members)).astype(np.float64), starts, axis=0)
    return np.where(there > 0, there, np.nan)


def _avg(members: Array, starts: NDArray[np.int64]) -> Array:
    return _sum(members, starts) / _count(members, starts)


_AGGREGATORS: Final[dict[str, Callable[[Array, NDArray[np.int64]], Array]]] = {
    "avg": _avg,
    "sum": _sum,
    "min": lambda members, starts: np.fmin.reduceat(members, starts, axis=0),
    "max": lambda members, starts: np.fmax.reduceat(members, starts, axis=0),
    "count": _count,
}
AGGREGATORS: Final = frozenset(_AGGREGATORS)

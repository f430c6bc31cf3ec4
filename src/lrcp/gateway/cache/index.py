"""Index: vectors of questions, apart by everything else of their requests, and the nearest of them to a new one."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.gateway.cache.guard import Traits
from lrcp.gateway.cache.store import Entry

Vector = NDArray[np.float32]

_FIRST_ROWS: Final = 8
_NEAREST: Final = 4


@dataclass(slots=True)
class Known:
    """A question that was answered."""

    partition: bytes
    vector: Vector
    traits: Traits
    entry: Entry


@dataclass(slots=True)
class _Partition:
    """Rows of a matrix that grows by doubling; known[i] belongs to row i."""

    rows: Vector
    known: list[Known] = field(default_factory=list)

    def add(self, known: Known) -> None:
        if len(self.known) == len(self.rows):
            self.rows = np.concatenate([self.rows, np.zeros_like(self.rows)])
        self.rows[len(self.known)] = known.vector
        self.known.append(known)

    def remove(self, known: Known) -> None:
        """The last row takes its place."""
        index = next(i for i, one in enumerate(self.known) if one is known)
        last = self.known.pop()
        if last is not known:
            self.known[index] = last
            self.rows[index] = last.vector

    def nearest(self, vector: Vector, threshold: float) -> list[tuple[float, Known]]:
        """At most _NEAREST with a cosine of at least threshold, the most alike first."""
        alike = self.rows[: len(self.known)] @ vector
        (found,) = np.nonzero(alike >= threshold)
        best = found[np.argsort(-alike[found], kind="stable")[:_NEAREST]]
        return [(float(alike[index]), self.known[index]) for index in best]


class SemanticIndex:
    """Questions in partitions, bounded together; the one least lately used goes first."""

    def __init__(self, max_entries: int, max_bytes: int) -> None:
        self.max_entries = max_entries
        self.max_bytes = max_bytes
        self.size_bytes = 0
        self.evicted = 0
        self._partitions: dict[bytes, _Partition] = {}
        self._order: OrderedDict[int, Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._order)

    def nearest(self, partition: bytes, vector: Vector, threshold: float) -> list[tuple[float, Known]]:
        """The most alike of a partition, the nearest first."""
        rows = self._partitions.get(partition)
        return rows.nearest(vector, threshold) if rows is not None else []

    def touch(self, known: Known) -> None:
        """It was of use, so it stays longer."""
        self._order.move_to_end(id(known))

    def add(self, known: Known) -> None:
        """Keep a question with its answer; what is over the bounds goes."""
        width = len(known.vector)
        rows = self._partitions.setdefault(known.partition, _Partition(np.zeros((_FIRST_ROWS, width), np.float32)))
        rows.add(known)
        self._order[id(known)] = known
        self.size_bytes += _size_of(known)
        while self._order and (len(self._order) > self.max_entries or self.size_bytes > self.max_bytes):
            self.evicted += 1
            self.remove(next(iter(self._order.values())))

    def remove(self, known: Known) -> None:
        """Forget a question."""
        if self._order.pop(id(known), None) is None:
            return
        self.size_bytes -= _size_of(known)
        rows = self._partitions[known.partition]
        rows.remove(known)
        if not rows.known:
            del self._partitions[known.partition]


def _size_of(known: Known) -> int:
    return known.entry.size_bytes + 2 * known.vector.nbytes

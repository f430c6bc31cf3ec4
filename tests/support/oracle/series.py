"""What the oracle works on: raw points, buckets, and tables of groups by dicts."""

from dataclasses import dataclass, field

Group = tuple[str, ...]


@dataclass
class RawSeries:
    """Points as they were sent: (Unix seconds, value)."""

    metric: str
    type: str
    tags: tuple[str, ...]
    points: list[tuple[float, float]]
    interval_s: int = 0


@dataclass(frozen=True)
class Bucket:
    """label: its start, by which it is known; points with low <= time < high are in it (less than all at a window's ends)."""

    label: int
    low: int
    high: int


@dataclass
class Buckets:
    """Equal buckets, one after the other."""

    step: int
    all: list[Bucket]
    whole: bool = False
    """One bucket for a window, whatever rollup a query asks for."""

    @property
    def labels(self) -> list[int]:
        return [bucket.label for bucket in self.all]

    def longer(self, count: int) -> "Buckets":
        """With whole buckets more in front."""
        if count == 0:
            return self
        first = self.all[0].label
        more = [first - self.step * n for n in range(count, 0, -1)]
        whole = Bucket(first, first, self.all[0].high)
        all = [Bucket(at, at, at + self.step) for at in more] + [whole] + self.all[1:]
        return Buckets(self.step, all, self.whole)

    def moved(self, by: int) -> "Buckets":
        return Buckets(self.step, [Bucket(b.label + by, b.low + by, b.high + by) for b in self.all], self.whole)


def buckets_of(low: int, high: int, step: int, anchor: int) -> Buckets:
    """Buckets of step seconds counted from anchor that cover [low, high), cut to it."""
    at = anchor + (low - anchor) // step * step
    found = []
    while at < high:
        found.append(Bucket(at, max(at, low), min(at + step, high)))
        at += step
    return Buckets(step, found)


@dataclass
class Table:
    """rows: group -> {label: value}; a missing point has no entry, a group may have none at all."""

    keys: tuple[str, ...]
    rows: dict[Group, dict[int, float]] = field(default_factory=dict)
    gauge: bool = False
    counted: bool = False

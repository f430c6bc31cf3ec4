"""Cumulative series turned into what was added since their last point."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import partial
from threading import Lock
from typing import Final, Generic, TypeVar

S = TypeVar("S")

MAX_SERIES: Final = 100_000
MAX_HISTOGRAM_SERIES: Final = 20_000
"""Fewer, as each holds all of its buckets."""


class _Seen(Generic[S]):
    """The last point of a series, and the answer that was given to it."""

    __slots__ = ("answer", "digest", "since_ns", "start_ns", "time_ns", "total")

    def __init__(self, start_ns: int, time_ns: int, total: S, digest: bytes) -> None:
        self.start_ns, self.time_ns, self.total, self.digest = start_ns, time_ns, total, digest
        self.answer: S | None = None
        self.since_ns = 0


class Undo:
    """What a request changed in the memory of cumulative series; called, it puts that back. Once."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []

    def add(self, step: Callable[[], None]) -> None:
        self._steps.append(step)

    def __call__(self) -> None:
        while self._steps:
            self._steps.pop()()


class Deltas(Generic[S]):
    """Remembers the last total of each cumulative series, within a bound: the longest unseen one is forgotten.

    watching_since_ns: when this server began; a series that began later has been seen whole, so its first total counts.
    Safe to use from several threads, as large bodies are decoded beside the event loop.
    """

    def __init__(self, watching_since_ns: int, max_series: int = MAX_SERIES) -> None:
        self._watching_since_ns = watching_since_ns
        self._max_series = max_series
        self._series: OrderedDict[Hashable, _Seen[S]] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._series)

    def since_last(
        self,
        key: Hashable,
        *,
        start_ns: int,
        time_ns: int,
        total: S,
        digest: bytes,
        undo: Undo,
        minus: Callable[[S, S], S | None],
    ) -> tuple[S, int] | None:
        """What a series gained since its last point.

        Args:
            start_ns: since when the total counts (0: not said); time_ns: when it was read. Unix nanoseconds.
            total: the cumulative value; never written to afterwards.
            digest: which request it came in. A request that is sent again, as its reply was lost, gets the same answers
                again, so that its payload is recognised as the same.
            undo: of the request. When the gain cannot be stored and the sender gives up, the next point tells it too.
            minus: (total, last total) -> gain, None when the total went back, which means that it was reset.
        Returns: (gain, Unix nanoseconds since when), or None when there is nothing to add: the first point of a
            series that was there before us, or a point that is not newer than the last.
        """
        with self._lock:
            last = self._series.get(key)
            if last is not None and time_ns <= last.time_ns:
                return self._again(last, time_ns, digest)
            now = _Seen(start_ns, time_ns, total, digest)
            now.answer, now.since_ns = self._gain(now, last, minus)
            self._remember(key, now)
            undo.add(partial(self._put_back, key, now, last))
            return None if now.answer is None else (now.answer, now.since_ns)

    def _again(self, last: _Seen[S], time_ns: int, digest: bytes) -> tuple[S, int] | None:
        if time_ns == last.time_ns and digest == last.digest and last.answer is not None:
            return last.answer, last.since_ns
        return None

    def _gain(self, now: _Seen[S], last: _Seen[S] | None, minus: Callable[[S, S], S | None]) -> tuple[S | None, int]:
        if last is None:
            return (now.total if now.start_ns > self._watching_since_ns else None), now.start_ns
        gain = minus(now.total, last.total) if now.start_ns <= last.start_ns else None
        # Begun anew: all of the new total is new.
        return (gain, last.time_ns) if gain is not None else (now.total, max(now.start_ns, last.time_ns))

    def _remember(self, key: Hashable, now: _Seen[S]) -> None:
        self._series[key] = now
        self._series.move_to_end(key)
        if len(self._series) > self._max_series:
            self._series.popitem(last=False)

    def _put_back(self, key: Hashable, now: _Seen[S], last: _Seen[S] | None) -> None:
        """Forget a point, unless a newer one of the series has been answered since."""
        with self._lock:
            if self._series.get(key) is not now:
                return
            if last is None:
                del self._series[key]
            else:
                self._series[key] = last

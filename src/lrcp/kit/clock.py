"""Time as an argument: everything that needs 'now' takes a Clock."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now_ns(self) -> int:
        """Wall-clock time, Unix nanoseconds."""

    def monotonic_s(self) -> float:
        """Seconds on a clock that never goes back; only differences mean something."""


class SystemClock:
    """The machine's clocks."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic_s(self) -> float:
        return time.monotonic()


class FakeClock:
    """A clock that a test moves by hand."""

    def __init__(self, now_s: float = 1_700_000_000.0) -> None:
        self._now_ns = int(now_s * 1_000_000_000)

    def now_ns(self) -> int:
        return self._now_ns

    def monotonic_s(self) -> float:
        return self._now_ns / 1_000_000_000

    def advance(self, seconds: float) -> None:
        self._now_ns += int(seconds * 1_000_000_000)

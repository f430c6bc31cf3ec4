"""Circuit breaker: stops calls to what keeps failing, and lets one through now and then to see whether it is well again.

    closed --(error_ratio of min_calls in window_s)--> open --(open_s)--> half-open --(good)--> closed
                                                         ^------------------(bad)-----+

Source: Michael Nygard, "Release It!" (2007), ch. 5; Martin Fowler, "CircuitBreaker" (2014).
"""

from dataclasses import dataclass
from typing import Final, Literal

BreakerState = Literal["closed", "open", "half_open"]

_SLICES: Final = 10
"""Into how many slices the window is cut; what is older than the window is forgotten a slice at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """Opens when of at least min_calls in window_s the share error_ratio failed; after open_s one call may try."""

    error_ratio: float
    min_calls: int
    window_s: float
    open_s: float


class CircuitBreaker:
    """The breaker of one thing that is called. Times are seconds on one monotonic clock, given by whoever asks.

    A call takes a permit first and gives it back with `record` or `release`. A permit is the number of the period
    between two changes of state in which it was given: what ends in a later period says nothing about that one.
    """

    __slots__ = ("_bad", "_good", "_opened_s", "_permit", "_probe_s", "_settings", "_slice", "_slice_s", "_state")

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._slice_s = settings.window_s / _SLICES
        self._state: BreakerState = "closed"
        self._permit = 0
        self._opened_s = 0.0
        self._probe_s: float | None = None
        self._slice = 0
        self._good = [0] * _SLICES
        self._bad = [0] * _SLICES

    def state(self, now_s: float) -> BreakerState:
        """What it is at a time; an open one is half-open once its time is over."""
        if self._state == "open" and self.opens_in_s(now_s) <= 0:
            return "half_open"
        return self._state

    def opens_in_s(self, now_s: float) -> float:
        """Seconds until a call may try; 0 when one may now."""
        if self._state == "open":
            return max(0.0, self._opened_s + self._settings.open_s - now_s)
        if self._state == "half_open" and self._probe_s is not None:
            return max(0.0, self._probe_s + self._settings.open_s - now_s)
        return 0.0

    def acquire(self, now_s: float) -> int | None:
        """A permit for one call; None when it must not be made.

        Of a half-open breaker only one call at a time gets one. A permit that nobody gives back is good for open_s.
        """
        if self._state == "closed":
            return self._permit
        if self.opens_in_s(now_s) > 0:
            return None
        self._enter("half_open")
        self._probe_s = now_s
        return self._permit

    def record(self, permit: int, *, ok: bool, now_s: float) -> None:
        """How a call ended."""
        if permit != self._permit:
            return
        if self._state == "half_open":
            self._enter("closed" if ok else "open")
            self._opened_s = now_s
            return
        place = self._turn(now_s)
        if ok:
            self._good[place] += 1
            return
        self._bad[place] += 1
        if self._fails_too_often():
            self._enter("open")
            self._opened_s = now_s

    def release(self, permit: int) -> None:
        """A call ended without telling anything, such as one that was cancelled."""
        if permit == self._permit and self._state == "half_open":
            self._probe_s = None

    def counts(self, now_s: float) -> tuple[int, int]:
        """(good, bad) calls in the window."""
        self._turn(now_s)
        return sum(self._good), sum(self._bad)

    def _fails_too_often(self) -> bool:
        bad = sum(self._bad)
        calls = bad + sum(self._good)
        return calls >= self._settings.min_calls and bad >= self._settings.error_ratio * calls

    def _turn(self, now_s: float) -> int:
        """Empties the slices that time has passed over. Returns: the place of the present one."""
        now = int(now_s / self._slice_s)
        if now != self._slice:
            for passed in range(max(self._slice + 1, now - _SLICES + 1), now + 1):
                self._good[passed % _SLICES] = self._bad[passed % _SLICES] = 0
            self._slice = max(self._slice, now)
        return self._slice % _SLICES

    def _enter(self, state: BreakerState) -> None:
        self._state = state
        self._permit += 1
        self._probe_s = None
        self._good = [0] * _SLICES
        self._bad = [0] * _SLICES

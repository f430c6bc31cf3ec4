"""ResilienceState: what is remembered of each target, whatever the policy: its circuit, its times, its retry budget."""

from collections import OrderedDict
from typing import Any, Final

from lrcp.kit.breaker import BreakerSettings, CircuitBreaker
from lrcp.kit.clock import Clock
from lrcp.kit.percentile import DurationHistogram
from lrcp.kit.retry_budget import RetryBudget

MAX_TARGETS: Final = 1000
"""Model names may be a client's own words: the targets used longest ago give way."""
MAX_TOLD: Final = 100
MAX_REST_S: Final = 60.0
LEAST_REST_S: Final = 1.0
_MAX_HEDGES_SAVED: Final = 10.0
_MS_PER_S: Final = 1000.0


class TargetState:
    """One target. streamed holds seconds to the first token of streams, whole those to the end of whole answers.

    Its breakers are kept apart by their settings, since routes may have their own. Times are seconds of the monotonic clock.
    """

    __slots__ = ("bad", "breakers", "good", "hedges", "resting_until_s", "retries", "streamed", "whole")

    def __init__(self) -> None:
        self.breakers: dict[BreakerSettings, CircuitBreaker] = {}
        self.retries = RetryBudget()
        self.hedges = RetryBudget(least_per_s=0.0, capacity=_MAX_HEDGES_SAVED)
        self.streamed = DurationHistogram()
        self.whole = DurationHistogram()
        self.resting_until_s = 0.0
        self.good = 0
        self.bad = 0

    def breaker(self, settings: BreakerSettings) -> CircuitBreaker:
        """The breaker with these settings."""
        breaker = self.breakers.get(settings)
        if breaker is None:
            breaker = self.breakers[settings] = CircuitBreaker(settings)
        return breaker

    def rest(self, asked_s: float | None, now_s: float) -> None:
        """Leave it alone, where there is a choice, as long as it asks for, within bounds."""
        rest_s = min(max(asked_s or 0.0, LEAST_REST_S), MAX_REST_S)
        self.resting_until_s = max(self.resting_until_s, now_s + rest_s)

    def rests(self, now_s: float) -> bool:
        return now_s < self.resting_until_s

    def lets_through(self, now_s: float) -> bool:
        """Whether every circuit of it would let a call through."""
        return all(breaker.opens_in_s(now_s) <= 0 for breaker in self.breakers.values())

    def describe(self, now_s: float) -> dict[str, Any]:
        """For people: the worst circuit, calls so far, median and 95th percentile."""
        states = {breaker.state(now_s) for breaker in self.breakers.values()}
        circuit = next((state for state in ("open", "half_open") if state in states), "closed")
        told: dict[str, Any] = {"circuit": circuit, "good": self.good, "bad": self.bad}
        if self.rests(now_s):
            told["rests_s"] = round(self.resting_until_s - now_s, 1)
        for name, times in (("first_token", self.streamed), ("whole", self.whole)):
            if len(times):
                told[f"{name}_p50_ms"] = round(times.percentile_s(50.0) * _MS_PER_S, 1)
                told[f"{name}_p95_ms"] = round(times.percentile_s(95.0) * _MS_PER_S, 1)
        return told


class ResilienceState:
    """The targets by name, `provider/model`; it outlives every policy."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._targets: OrderedDict[str, TargetState] = OrderedDict()

    def of(self, name: str) -> TargetState:
        """What is known of a target."""
        state = self._targets.get(name)
        if state is not None:
            self._targets.move_to_end(name)
            return state
        while len(self._targets) >= MAX_TARGETS:
            self._targets.popitem(last=False)
        state = self._targets[name] = TargetState()
        return state

    def keep(self, settings: set[BreakerSettings]) -> None:
        """Forget the breakers with settings that no policy has any more."""
        for state in self._targets.values():
            for gone in state.breakers.keys() - settings:
                del state.breakers[gone]

    def healthy(self, name: str) -> bool:
        """Whether a call to a target would be let through; one never called is healthy, one half-open is to be tried."""
        state = self._targets.get(name)
        return state is None or state.lets_through(self._clock.monotonic_s())

    def describe(self) -> dict[str, Any]:
        """The targets used last, and how many are known."""
        now_s = self._clock.monotonic_s()
        newest = list(self._targets.items())[-MAX_TOLD:]
        return {
            "known_targets": len(self._targets),
            "targets": {name[:200]: state.describe(now_s) for name, state in reversed(newest)},
        }

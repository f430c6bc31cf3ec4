"""What is remembered of each target."""

import pytest

from lrcp.gateway.resilience.state import MAX_REST_S, MAX_TARGETS, ResilienceState
from lrcp.kit.breaker import BreakerSettings
from lrcp.kit.clock import FakeClock

SETTINGS = BreakerSettings(error_ratio=0.5, min_calls=2, window_s=10.0, open_s=5.0)
STRICT = BreakerSettings(error_ratio=0.5, min_calls=1, window_s=10.0, open_s=5.0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def state(clock: FakeClock) -> ResilienceState:
    return ResilienceState(clock)


def fail(state: ResilienceState, clock: FakeClock, name: str, settings: BreakerSettings, times: int) -> None:
    for _ in range(times):
        breaker = state.of(name).breaker(settings)
        permit = breaker.acquire(clock.monotonic_s())
        assert permit is not None
        breaker.record(permit, ok=False, now_s=clock.monotonic_s())


def test_a_target_is_healthy_until_its_circuit_opens_and_again_when_it_may_be_tried(
    state: ResilienceState, clock: FakeClock
) -> None:
    assert state.healthy("a/b")
    fail(state, clock, "a/b", SETTINGS, 1)
    assert state.healthy("a/b")
    fail(state, clock, "a/b", SETTINGS, 1)
    assert not state.healthy("a/b")
    assert state.healthy("a/other")
    clock.advance(5.0)
    assert state.healthy("a/b")  # or no traffic would ever come to try it


def test_breakers_of_other_settings_are_apart_and_forgotten_with_them(state: ResilienceState, clock: FakeClock) -> None:
    fail(state, clock, "a/b", STRICT, 1)
    assert state.of("a/b").breaker(SETTINGS).state(clock.monotonic_s()) == "closed"
    assert not state.healthy("a/b")
    state.keep({SETTINGS})
    assert state.healthy("a/b")


def test_a_policy_with_the_same_settings_finds_its_breakers_again(state: ResilienceState, clock: FakeClock) -> None:
    fail(state, clock, "a/b", SETTINGS, 2)
    state.keep({SETTINGS})
    assert not state.healthy("a/b")


def test_as_many_targets_as_a_client_can_think_of_are_remembered_within_a_bound(
    state: ResilienceState, clock: FakeClock
) -> None:
    fail(state, clock, "a/used", SETTINGS, 2)
    for number in range(2 * MAX_TARGETS):
        state.of(f"a/{number}")
        state.of("a/used")
    assert state.describe()["known_targets"] == MAX_TARGETS
    assert not state.healthy("a/used")


def test_a_rest_is_as_long_as_asked_for_within_bounds(state: ResilienceState) -> None:
    target = state.of("a/b")
    target.rest(None, 100.0)
    assert (target.rests(100.9), target.rests(101.0)) == (True, False)
    target.rest(7.0, 100.0)
    target.rest(0.0, 101.0)  # a shorter one later takes nothing away
    assert (target.rests(106.9), target.rests(107.0)) == (True, False)
    target.rest(1e9, 100.0)
    assert not target.rests(100.0 + MAX_REST_S)


def test_health_tells_circuit_counts_and_times(state: ResilienceState, clock: FakeClock) -> None:
    fail(state, clock, "a/b", SETTINGS, 2)
    target = state.of("a/b")
    target.good, target.bad = 3, 2
    target.whole.add(0.5)
    target.rest(3.0, clock.monotonic_s())
    told = state.describe()["targets"]["a/b"]
    assert (told["circuit"], told["good"], told["bad"], told["rests_s"]) == ("open", 3, 2, 3.0)
    assert told["whole_p50_ms"] == pytest.approx(500, rel=0.03)
    assert "first_token_p50_ms" not in told
    clock.advance(5.0)
    assert state.describe()["targets"]["a/b"]["circuit"] == "half_open"

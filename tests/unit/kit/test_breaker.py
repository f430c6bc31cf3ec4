"""When calls to what keeps failing are stopped, and when they go on."""

import pytest

from lrcp.kit.breaker import BreakerSettings, CircuitBreaker

SETTINGS = BreakerSettings(error_ratio=0.5, min_calls=4, window_s=10.0, open_s=5.0)


def told(breaker: CircuitBreaker, results: str, now_s: float = 100.0) -> None:
    """One call for each letter: g for a good one, b for a bad one."""
    for letter in results:
        permit = breaker.acquire(now_s)
        assert permit is not None
        breaker.record(permit, ok=letter == "g", now_s=now_s)


def opened(now_s: float = 100.0) -> CircuitBreaker:
    breaker = CircuitBreaker(SETTINGS)
    told(breaker, "bbbb", now_s)
    return breaker


@pytest.mark.parametrize(
    ("results", "state"),
    [("bbb", "closed"), ("bbbb", "open"), ("ggbb", "open"), ("gggbb", "closed"), ("gggbbb", "open")],
)
def test_it_opens_at_the_share_of_errors_but_not_before_enough_calls(results: str, state: str) -> None:
    breaker = CircuitBreaker(SETTINGS)
    told(breaker, results)
    assert breaker.state(100.0) == state


def test_a_good_call_alone_never_opens_it() -> None:
    breaker = CircuitBreaker(SETTINGS)
    told(breaker, "bbbg")
    assert breaker.state(100.0) == "closed"


def test_what_is_older_than_the_window_does_not_count() -> None:
    breaker = CircuitBreaker(SETTINGS)
    told(breaker, "bbb", now_s=100.0)
    told(breaker, "b", now_s=110.0)
    assert breaker.state(110.0) == "closed"
    assert breaker.counts(110.0) == (0, 1)
    assert breaker.counts(1e9) == (0, 0)


def test_calls_are_counted_over_the_whole_window() -> None:
    breaker = CircuitBreaker(SETTINGS)
    for second in range(4):
        told(breaker, "b", now_s=100.0 + 2 * second)
    assert breaker.state(106.0) == "open"


def test_an_open_one_lets_nothing_through_until_its_time_is_over() -> None:
    breaker = opened()
    assert breaker.acquire(104.9) is None
    assert breaker.opens_in_s(103.0) == pytest.approx(2.0)
    assert breaker.state(105.0) == "half_open"
    assert breaker.acquire(105.0) is not None


def test_a_half_open_one_lets_one_call_through_at_a_time() -> None:
    breaker = opened()
    assert breaker.acquire(105.0) is not None
    assert breaker.acquire(105.1) is None


def test_a_good_probe_closes_it_and_the_count_begins_anew() -> None:
    breaker = opened()
    told(breaker, "g", now_s=105.0)
    assert breaker.state(105.0) == "closed"
    told(breaker, "bbb", now_s=105.0)
    assert breaker.state(105.0) == "closed"


def test_a_bad_probe_opens_it_for_another_time() -> None:
    breaker = opened()
    told(breaker, "b", now_s=106.0)
    assert breaker.acquire(110.9) is None
    assert breaker.acquire(111.0) is not None


def test_a_probe_that_is_given_back_leaves_room_for_the_next() -> None:
    breaker = opened()
    permit = breaker.acquire(105.0)
    assert permit is not None
    breaker.release(permit)
    assert breaker.acquire(105.1) is not None


def test_a_probe_that_nobody_gives_back_blocks_no_longer_than_an_open_breaker() -> None:
    breaker = opened()
    lost = breaker.acquire(105.0)
    assert breaker.acquire(109.9) is None
    found = breaker.acquire(110.0)
    assert found is not None
    assert found != lost


def test_a_call_that_began_before_it_opened_says_nothing_about_the_probe() -> None:
    breaker = CircuitBreaker(SETTINGS)
    early = breaker.acquire(100.0)
    assert early is not None
    told(breaker, "bbbb")
    probe = breaker.acquire(105.0)
    breaker.record(early, ok=True, now_s=105.1)
    assert breaker.state(105.1) == "half_open"
    breaker.release(early)
    assert breaker.acquire(105.2) is None
    assert probe is not None
    breaker.record(probe, ok=True, now_s=105.3)
    assert breaker.state(105.3) == "closed"


def test_a_clock_that_stands_still_or_jumps_far_is_no_trouble() -> None:
    breaker = CircuitBreaker(SETTINGS)
    told(breaker, "bb", now_s=0.0)
    told(breaker, "b", now_s=1e9)
    assert breaker.counts(1e9) == (0, 1)

"""Traffic is remembered for its window, in fixed memory."""

from random import Random

import pytest

from lrcp.gateway.ladder.traffic import Traffic, TrafficWindow


def test_an_empty_window_says_nothing() -> None:
    assert TrafficWindow(30).read(1000.0) == Traffic(0, 0.0, 0.0)


def test_errors_are_a_share_of_all() -> None:
    window = TrafficWindow(30)
    for number in range(10):
        window.add(100.0 + number, 0.5, number < 3)
    requests, error_ratio, p95_s = window.read(110.0)
    assert (requests, error_ratio) == (10, 0.3)
    assert p95_s == pytest.approx(0.5, rel=0.08)


def test_what_is_older_than_the_window_is_forgotten() -> None:
    window = TrafficWindow(30)
    window.add(100.0, 9.0, True)
    window.add(125.0, 0.1, False)
    assert window.read(128.0).requests == 2
    assert window.read(134.0) == Traffic(1, 0.0, window.read(134.0).p95_s)
    assert window.read(10_000.0) == Traffic(0, 0.0, 0.0)


def test_it_agrees_with_a_list_of_everything() -> None:
    random, window, everything = Random(3), TrafficWindow(10), []
    now_s = 500.0
    for _ in range(5_000):
        now_s += random.expovariate(50)
        call = (now_s, random.lognormvariate(-1, 1), random.random() < 0.2)
        everything.append(call)
        window.add(*call)
    first_s = int(now_s / 1.0) - 9  # whole slices of a second
    kept = [call for call in everything if call[0] >= first_s]
    requests, error_ratio, p95_s = window.read(now_s)
    assert requests == len(kept)
    assert error_ratio == sum(failed for _, _, failed in kept) / len(kept)
    exact_s = sorted(duration_s for _, duration_s, _ in kept)[int(len(kept) * 0.95)]
    assert p95_s == pytest.approx(exact_s, rel=0.1)


@pytest.mark.parametrize("duration_s", [0.0, 1e-9, 1e9])
def test_no_duration_is_too_short_or_long(duration_s: float) -> None:
    window = TrafficWindow(30)
    window.add(1.0, duration_s, False)
    assert window.read(1.0).requests == 1

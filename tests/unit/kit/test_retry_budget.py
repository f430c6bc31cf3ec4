"""How many tries again there are for how many requests."""

import pytest

from lrcp.kit.retry_budget import RetryBudget


def granted(budget: RetryBudget, asked: int, now_s: float) -> int:
    return sum(budget.withdraw(now_s) for _ in range(asked))


def test_retries_are_a_share_of_the_requests() -> None:
    budget = RetryBudget(least_per_s=0.0, capacity=1000.0)
    for _ in range(100):
        budget.deposit(0.2)
    assert granted(budget, 100, 0.0) in (19, 20)  # a hundred fifths are a hair under twenty in binary


def test_the_very_first_requests_may_be_tried_again() -> None:
    assert granted(RetryBudget(), 100, 5.0) == 10


def test_low_traffic_may_be_tried_again_at_the_least_rate() -> None:
    budget = RetryBudget(least_per_s=0.5)
    assert granted(budget, 10, 0.0) == 5
    assert granted(budget, 10, 1.0) == 0
    assert granted(budget, 10, 10.0) == 5


def test_what_is_saved_up_is_bounded() -> None:
    budget = RetryBudget(least_per_s=1.0, capacity=3.0)
    for _ in range(1000):
        budget.deposit(1.0)
    assert granted(budget, 100, 0.0) == 3
    assert granted(budget, 100, 1e6) == 3


def test_without_requests_and_without_a_least_rate_there_is_nothing() -> None:
    budget = RetryBudget(least_per_s=0.0)
    assert not budget.withdraw(0.0)
    assert not budget.withdraw(1e6)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    budget = RetryBudget(least_per_s=1.0)
    assert granted(budget, 20, 100.0) == 10
    assert granted(budget, 5, 50.0) == 0


def test_the_balance_is_what_is_allowed_now() -> None:
    budget = RetryBudget(least_per_s=0.5)
    budget.withdraw(0.0)
    assert budget.balance(3.0) == pytest.approx(5.5)

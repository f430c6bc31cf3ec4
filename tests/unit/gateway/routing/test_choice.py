"""One among weighted targets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.routing.choice import choose_by_chance, choose_for, hash_ratio, in_hours

WEIGHTS = st.lists(st.floats(0, 100), min_size=1, max_size=6).filter(lambda weights: sum(weights) > 0.001)


@given(WEIGHTS, st.floats(0, 1, exclude_max=True))
def test_what_has_no_weight_is_never_chosen(weights: list[float], chance: float) -> None:
    names = [str(index) for index in range(len(weights))]
    assert weights[choose_by_chance(weights, chance)] > 0
    assert weights[choose_for(str(chance), names, weights)] > 0


@pytest.mark.parametrize(("chance", "chosen"), [(0.0, 0), (0.69, 0), (0.7, 2), (0.999999, 2)])
def test_chance_falls_on_each_as_often_as_its_weight_says(chance: float, chosen: int) -> None:
    assert choose_by_chance([7, 0, 3], chance) == chosen


def test_keys_spread_by_weight_and_stay_where_they_are() -> None:
    names, keys = ["a", "b", "c"], [f"session-{number}" for number in range(20_000)]
    before = [choose_for(key, names, [6, 3, 1]) for key in keys]
    assert [round(before.count(index) / len(keys), 2) for index in range(3)] == pytest.approx([0.6, 0.3, 0.1], abs=0.02)
    assert [choose_for(key, names, [6, 3, 1]) for key in keys] == before


def test_when_a_weight_falls_only_its_own_keys_move() -> None:
    names, keys = ["a", "b"], [f"session-{number}" for number in range(2_000)]
    before = [choose_for(key, names, [1, 1]) for key in keys]
    after = [choose_for(key, names, [1, 0.5]) for key in keys]
    moved = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert moved
    assert set(moved) == {(1, 0)}


@given(st.text())
def test_a_hash_is_a_number_between_0_and_1(text: str) -> None:
    assert 0 < hash_ratio(text) < 1


@pytest.mark.parametrize(
    ("hours", "within", "outside"),
    [
        ("8-18", [8, 17], [7, 18, 0]),
        ("22-6", [22, 23, 0, 5], [6, 12, 21]),
        ("0-24", range(24), []),
        ("5-5", range(24), []),
    ],
)
def test_hours_may_go_past_midnight(hours: str, within: list[int], outside: list[int]) -> None:
    assert all(in_hours(hour, hours) for hour in within)
    assert not any(in_hours(hour, hours) for hour in outside)

"""The ladder moves one step at a time, after a hold, and climbs back only when it has been calm for long."""

import pytest

from lrcp.gateway.ladder.position import Position, Reading, advance, judge_budget, judge_traffic
from lrcp.gateway.ladder.traffic import Traffic
from lrcp.model.policy.admission import Pressure

PRESSURE = Pressure(p95_seconds_above=2.0, error_ratio_above=0.1, hold_down_s=5, hold_up_s=60, min_requests=20)
OVER, CALM, BETWEEN = Reading("errors", False), Reading(), Reading("", False)


TOP = Position()


def run(readings: list[tuple[float, Reading]], position: Position = TOP, steps: int = 3) -> Position:
    for now_s, reading in readings:
        position = advance(position, reading, PRESSURE, steps, now_s)
    return position


def test_a_step_is_taken_only_after_pressure_has_lasted() -> None:
    assert run([(0, OVER), (4.9, OVER)]).step == 0
    assert run([(0, OVER), (5, OVER)]) == Position(1, "errors", 5, None, 5)


def test_each_step_needs_a_hold_of_its_own() -> None:
    assert run([(0, OVER), (5, OVER), (9.9, OVER)]).step == 1
    assert run([(0, OVER), (5, OVER), (10, OVER)]).step == 2
    assert run([(0, OVER), (5, OVER), (500, OVER)]).step == 2


def test_there_is_no_step_below_the_last() -> None:
    assert run([(at * 5.0, OVER) for at in range(20)], steps=2).step == 2


def test_pressure_that_breaks_off_begins_anew() -> None:
    assert run([(0, OVER), (4, BETWEEN), (5, OVER), (9, OVER)]).step == 0


def test_a_step_is_given_back_after_a_long_calm_and_one_at_a_time() -> None:
    down = Position(2, "errors", 0, None, 0)
    assert run([(1, CALM), (60, CALM)], down).step == 2
    assert run([(1, CALM), (61, CALM)], down).step == 1
    assert run([(1, CALM), (61, CALM), (120, CALM)], down).step == 1
    assert run([(1, CALM), (61, CALM), (121, CALM)], down) == Position(0, "", None, 121, 121)


def test_between_the_bounds_nothing_moves() -> None:
    assert run([(1, CALM), (40, BETWEEN), (61, CALM), (100, CALM)], Position(1, "errors", None, None, 0)).step == 1


def test_urgent_pressure_is_not_waited_for_but_goes_step_by_step() -> None:
    urgent = Reading("budget all", False, True)
    assert [run([(0.1 * at, urgent) for at in range(count)]).step for count in (1, 2, 3, 9)] == [1, 2, 3, 3]


def test_a_time_without_traffic_counts_as_calm() -> None:
    down = Position(3, "errors", 100.0, None, 100.0)
    assert run([(100 + PRESSURE.window_s + 125, CALM)], down).step == 1


def test_fewer_steps_in_a_new_policy_end_it_higher() -> None:
    assert run([(1, BETWEEN)], Position(3, "errors", None, None, 0), steps=1).step == 1


@pytest.mark.parametrize(
    ("traffic", "reading"),
    [
        (Traffic(19, 1.0, 100.0), Reading()),
        (Traffic(20, 0.11, 0.1), Reading("errors", False)),
        (Traffic(20, 0.1, 0.1), Reading("", False)),
        (Traffic(20, 0.08, 1.6), Reading("", True)),
        (Traffic(20, 0.0, 2.1), Reading("latency", False)),
        (Traffic(20, 0.0, 1.7), Reading("", False)),
    ],
)
def test_traffic_is_judged_by_its_bounds(traffic: Traffic, reading: Reading) -> None:
    assert judge_traffic(PRESSURE, traffic) == reading


def test_what_has_no_bound_is_never_pressure() -> None:
    assert judge_traffic(Pressure(), Traffic(1000, 1.0, 1000.0)) == Reading()
    assert judge_budget(Pressure(budget_above=None), "all", 5.0, degrades=False) == Reading()


def test_a_budget_at_its_cap_is_urgent_only_where_it_degrades() -> None:
    assert judge_budget(PRESSURE, "all", 1.0, degrades=True).urgent
    assert judge_budget(PRESSURE, "all", 1.0, degrades=False) == Reading("budget all", False)
    assert judge_budget(PRESSURE, "all", 0.95, degrades=True) == Reading("budget all", False)
    assert judge_budget(PRESSURE, "all", 0.8, degrades=True) == Reading("", False)
    assert judge_budget(PRESSURE, "all", 0.72, degrades=True) == Reading()

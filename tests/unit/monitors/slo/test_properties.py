"""SLOs against plain loops over plain lists: budgets, burn rates, events with corrections, slices, minutes."""

import asyncio
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.model.errors import InputError
from lrcp.model.monitor_state import State
from lrcp.model.slo import Correction, EventIndicator, SliceIndicator, Slo, SloTarget
from lrcp.monitors.slo.budget import burn_rate, burn_rate_of, consumed_percent, highest_burn_rate, remaining_percent
from lrcp.monitors.slo.corrections import corrected_time
from lrcp.monitors.slo.history import SloReader
from lrcp.monitors.slo.measure import SloHistory, measure_of
from lrcp.monitors.slo.monitors import down_minutes
from lrcp.monitors.slo.past import GroupPast
from lrcp.monitors.slo.pieces import MAX_PERIOD_S, cut_period
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.scan.grid import Grid
from tests.support.slo_cases import T0

QUICK = settings(max_examples=80, deadline=None)
targets = st.floats(0.01, 0.9999)
slis = st.floats(0, 1)
TEN = 10
edges = st.integers(0, 360).map(lambda n: T0 + n * TEN)
stretches = st.tuples(edges, edges).map(sorted).filter(lambda pair: pair[0] < pair[1])
corrections = st.lists(stretches, max_size=5).map(lambda pairs: [Correction(start_s=a, end_s=b) for a, b in pairs])
TARGETS = (SloTarget(timeframe="7d", target=99.0),)


@QUICK
@given(slis, targets)
def test_what_is_spent_and_what_is_left_are_the_whole_budget(sli: float, target: float) -> None:
    assert consumed_percent(sli, target) + remaining_percent(sli, target) == pytest.approx(100)
    assert consumed_percent(sli, target) == pytest.approx(burn_rate_of(sli, target) * 100)
    assert (remaining_percent(sli, target) >= -1e-9) == (sli >= target - 1e-12)


@QUICK
@given(slis, targets)
def test_a_burn_rate_is_between_nothing_and_the_highest(sli: float, target: float) -> None:
    assert 0 <= burn_rate_of(sli, target) <= highest_burn_rate(target) * (1 + 1e-12)


@QUICK
@given(targets, st.integers(1, 20))
def test_a_burn_rate_of_one_kept_up_spends_exactly_the_budget(target: float, steps: int) -> None:
    valid = np.full(20, 1000.0)
    rates = burn_rate(valid * target, valid, target=target, window_s=steps * 60, step_s=60)
    assert rates == pytest.approx(np.ones(20))


@QUICK
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30), targets, st.integers(1, 12)
)
def test_a_burn_rate_over_time_is_that_of_each_window(events: list[tuple[int, int]], target: float, steps: int) -> None:
    good, bad = (np.array(side, dtype=float) for side in zip(*events, strict=True))
    found = burn_rate(good, good + bad, target=target, window_s=steps * 300, step_s=300)
    for end in range(len(events)):
        window = events[max(0, end - steps + 1) : end + 1]
        all_good, all_bad = sum(g for g, _ in window), sum(b for _, b in window)
        error = all_bad / (all_good + all_bad) if all_good + all_bad else 0.0
        assert found[end] == pytest.approx(error / (1 - target), abs=1e-9)


def test_a_burn_rate_refuses_what_does_not_fit() -> None:
    two, three = np.ones(2), np.ones(3)
    for args in (
        (two, three, 0.9, 60),
        (two, two, 1.0, 60),
        (two, two, 0.0, 60),
        (two, two, 0.9, 90),
        (two, two, 0.9, 0),
    ):
        with pytest.raises(InputError):
            burn_rate(args[0], args[1], target=args[2], window_s=args[3], step_s=60)


@QUICK
@given(corrections, edges, st.integers(1, 400))
def test_corrected_time_is_the_union_within_the_period(given_: list[Correction], from_s: int, length: int) -> None:
    to_s = from_s + length * TEN
    found = corrected_time(given_, from_s, to_s)
    inside = {at_s for a, b in found for at_s in range(a, b, TEN)}
    assert inside == {
        at_s for one in given_ for at_s in range(one.start_s, one.end_s or 0, TEN) if from_s <= at_s < to_s
    }
    assert all(b < c for (_, b), (c, _) in pairwise(found))


@QUICK
@given(corrections, edges, st.integers(1, 400), st.sampled_from([10, 60, 300, 4000]))
def test_pieces_cover_what_counts_once_and_nothing_else(
    given_: list[Correction], from_s: int, length: int, step_s: int
) -> None:
    to_s = from_s + length * TEN
    corrected = corrected_time(given_, from_s, to_s)
    pieces = cut_period(from_s, to_s, step_s, corrected)
    seen: dict[int, int] = {}
    for grid, sign in [(pieces.whole, 1), (pieces.rest, 1), *((part.grid, -1) for part in pieces.parts)]:
        for at_s in range(grid.start_s, grid.end_s, TEN) if grid is not None else ():
            place = (at_s - from_s) // step_s
            seen[at_s] = seen.get(at_s, 0) + (0 if place in pieces.without else sign)
    away = {at_s for a, b in corrected for at_s in range(a, b, TEN)}
    assert seen == {at_s: int(at_s not in away) for at_s in range(from_s, to_s, TEN)}


counts = st.lists(st.integers(0, 9), min_size=1, max_size=400)


def history(slo: Slo, source: MemorySource, from_s: int, to_s: int) -> SloHistory:
    return asyncio.run(SloReader(source).history(slo, from_s, to_s))


def series(metric: str, type: str, values: list[int]) -> MemorySeries:
    return MemorySeries(
        metric, type, ("env:a",), [T0 + TEN * place for place in range(len(values))], [float(v) for v in values], TEN
    )


@QUICK
@given(counts, counts, corrections, edges, st.integers(1, 400))
def test_events_are_counted_as_a_loop_counts_them(
    good: list[int], bad: list[int], given_: list[Correction], from_s: int, length: int
) -> None:
    to_s = from_s + length * TEN
    events = EventIndicator(good="g", bad="b", queries={"g": "sum:good{*}", "b": "sum:bad{*}"})
    slo = Slo(name="s", type="metric", targets=TARGETS, events=events, corrections=tuple(given_))
    source = MemorySource([series("good", "count", good), series("bad", "count", bad)])
    away = {at_s for a, b in corrected_time(given_, from_s, to_s) for at_s in range(a, b, TEN)}
    wanted = [at_s for at_s in range(from_s, to_s, TEN) if at_s not in away]
    sums = [sum(side[(at_s - T0) // TEN] for at_s in wanted if (at_s - T0) // TEN < len(side)) for side in (good, bad)]
    found = history(slo, source, from_s, to_s)
    assert (found.overall.good, found.overall.valid) == pytest.approx((sums[0], sum(sums)))
    measure = measure_of(slo)
    whole = measure.ratio(from_s, to_s, source.answer(measure.scans(from_s, to_s)))
    assert whole == pytest.approx((sums[0], sum(sums)))


@QUICK
@given(st.lists(st.none() | st.integers(0, 9), min_size=1, max_size=60), corrections, st.integers(0, 4))
def test_slices_are_judged_as_a_loop_judges_them(
    values: list[int | None], given_: list[Correction], threshold: int
) -> None:
    slices = SliceIndicator(formula="q", queries={"q": "avg:x{*}"}, comparator=">=", threshold=threshold, slice_s=60)
    slo = Slo(name="s", type="time_slice", targets=TARGETS, slices=slices, corrections=tuple(given_))
    points = [(T0 + 60 * place, float(value)) for place, value in enumerate(values) if value is not None]
    source = MemorySource([MemorySeries("x", "count", (), *map(list, zip(*points, strict=True)))] if points else [])
    up = 0
    for place, value in enumerate(values):
        begin_s = T0 + 60 * place
        excused = any(one.start_s < begin_s + 60 and begin_s < (one.end_s or 0) for one in given_)
        up += excused or value is None or value >= threshold
    found = history(slo, source, T0, T0 + 60 * len(values))
    assert (found.overall.good, found.overall.valid) == (up * 60, len(values) * 60)


@QUICK
@given(
    st.none() | st.sampled_from(State),
    st.lists(st.tuples(st.integers(1, 600), st.sampled_from(State)), max_size=8),
    st.booleans(),
)
def test_minutes_are_down_as_a_loop_over_seconds_finds_them(
    before: State | None, changes: list[tuple[int, State]], no_data_is_down: bool
) -> None:
    grid = Grid(T0, 60, 10)
    ordered = tuple((float(T0 + at), state) for at, state in sorted(changes, key=lambda one: one[0]))
    bad = {State.ALERT} | ({State.NO_DATA} if no_data_is_down else set())
    states: list[State | None] = []
    for second in range(600):
        held = before
        for at_s, state in ordered:
            if at_s <= T0 + second:
                held = state
        states.append(held)
    expected = [any(state in bad for state in states[60 * n : 60 * n + 60]) for n in range(10)]
    assert down_minutes(GroupPast(before, ordered), no_data_is_down, grid).tolist() == expected


def test_corrections_that_fit_no_bucket_are_still_exact_while_they_are_few() -> None:
    corrected = [(T0 + n * 86400 + 70, T0 + n * 86400 + 490) for n in range(89)]
    pieces = cut_period(T0, T0 + 90 * 86400, 12 * 3600, corrected)
    assert len(pieces.parts) == 89
    assert sum(part.grid.count for part in pieces.parts) == 89 * 42
    assert len({part.grid.step_s for part in pieces.parts}) == 1
    assert pieces.fold == 1


def test_thousands_of_corrections_cost_one_reading_of_finer_buckets() -> None:
    hourly = [(T0 + n * 3600 + 600, T0 + n * 3600 + 1200) for n in range(90 * 24)]
    pieces = cut_period(T0, T0 + 90 * 86400, 12 * 3600, hourly)
    assert len(pieces.parts) == 0
    assert pieces.whole.count <= 5000
    assert pieces.fold * pieces.whole.step_s == 12 * 3600


@pytest.mark.parametrize("length_s", [0, -60, MAX_PERIOD_S + 10])
def test_a_period_that_is_empty_or_endless_is_refused(length_s: int) -> None:
    with pytest.raises(InputError, match="up to two years"):
        cut_period(T0, T0 + length_s, 60, [])


def test_ninety_days_are_read_in_few_buckets() -> None:
    events = EventIndicator(good="sum:good{*}", total="sum:all{*}")
    measure = measure_of(Slo(name="s", type="metric", targets=TARGETS, events=events))
    whole = measure.scans(T0, T0 + 90 * 86400)
    course = measure.history_scans(T0, T0 + 90 * 86400)
    assert sum(scan.grid.count for scan in whole) == 2  # type: ignore[union-attr]
    assert sum(scan.grid.count for scan in course) == 360  # type: ignore[union-attr]

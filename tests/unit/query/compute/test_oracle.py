"""The engine and the oracle, which share nothing, agree on random queries over random series."""

import math
from dataclasses import dataclass, field
from random import Random

import pytest

from lrcp.query.compute.change import plan_change, reduce_change
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.reduce import plan_reduction, reduce_expression
from lrcp.query.compute.windows import window_grid
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.metric.ast import Expression
from lrcp.query.metric.parser import parse_expression
from tests.support.oracle.cases import Case, random_case, random_series
from tests.support.oracle.expression import DOUBTS, buckets_for, change_of, evaluate, reduce_window
from tests.support.oracle.series import RawSeries

CASES_A_SET = 25
Answer = dict[tuple[object, ...], float]


def source_of(series: list[RawSeries]) -> MemorySource:
    return MemorySource(
        [
            MemorySeries(
                one.metric, one.type, one.tags, [t for t, _ in one.points], [v for _, v in one.points], one.interval_s
            )
            for one in series
        ]
    )


def by_engine(case: Case, expression: Expression, source: MemorySource) -> Answer:
    low, high = case.low, case.high
    if case.mode == "grid":
        grid = window_grid(low, high)
        grid = type(grid)(low, grid.step_s, max(1, (high - low) // grid.step_s))
        found = evaluate_expression(expression, grid, source.answer(plan_scans(expression, grid)))
        times = found.grid.starts_s.tolist()
        return {
            (*group, time): value
            for group, row in zip(found.groups, found.values.tolist(), strict=True)
            for time, value in zip(times, row, strict=True)
            if not math.isnan(value)
        }
    if case.mode == "change":
        scans = plan_change(expression, low, high, case.shift_s, case.reducer)
        result = reduce_change(expression, low, high, case.shift_s, case.reducer, case.kind, source.answer(scans))
    else:
        scans = plan_reduction(expression, low, high, case.reducer)
        result = reduce_expression(expression, low, high, case.reducer, source.answer(scans))
    assert result.filled.shape == result.values.shape == result.empty_buckets.shape
    return dict(zip(result.groups, result.values.tolist(), strict=True))


def by_oracle(case: Case, expression: Expression, series: list[RawSeries]) -> Answer:
    low, high = case.low, case.high
    if case.mode == "grid":
        step = window_grid(low, high).step_s
        high = low + step * max(1, (high - low) // step)
        table = evaluate(expression, buckets_for(expression, low, high, step), series)
        return {(*group, label): value for group, row in table.rows.items() for label, value in row.items()}
    if case.mode == "change":
        return dict(change_of(expression, low, high, case.shift_s, case.reducer, case.kind, series))
    return dict(reduce_window(expression, low, high, case.reducer, series))


def close(a: float, b: float) -> bool:
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


@dataclass
class Run:
    """cases: how many were compared. doubts: in how many the two differ because something was divided by rounding's rest."""

    cases: int = 0
    doubts: int = 0
    apart: list[str] = field(default_factory=list)

    def compare(self, seed: int) -> None:
        """The cases of one set of series, up to the first on which the two differ."""
        random = Random(seed)
        series = random_series(random)
        source = source_of(series)
        for number in range(CASES_A_SET):
            case, doubts = random_case(random), DOUBTS.count
            expression = parse_expression(case.text)
            engine, oracle = by_engine(case, expression, source), by_oracle(case, expression, series)
            self.cases += 1
            if not differing(engine, oracle):
                continue
            if DOUBTS.count == doubts:
                self.apart.append(f"seed {seed} case {number}: {case}\n{differing(engine, oracle)}")
                return
            self.doubts += 1


def differing(engine: Answer, oracle: Answer) -> dict[tuple[object, ...], tuple[float | None, float | None]]:
    """By group (and time) what each says, where that is not the same."""
    both = {key: (engine.get(key), oracle.get(key)) for key in engine.keys() | oracle.keys()}
    return {key: (a, b) for key, (a, b) in both.items() if a is None or b is None or not close(a, b)}


def agreed(seeds: range) -> Run:
    run = Run()
    for seed in seeds:
        run.compare(seed)
    return run


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_the_engine_and_the_oracle_agree(first: int) -> None:
    run = agreed(range(first, first + 20))
    assert run.apart == []
    assert run.cases == 20 * CASES_A_SET
    assert run.doubts <= run.cases // 100


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1_000, 5_000, 100))
def test_the_engine_and_the_oracle_agree_on_very_many(first: int) -> None:
    run = agreed(range(first, first + 100))
    assert run.apart == []
    assert run.doubts <= run.cases // 100

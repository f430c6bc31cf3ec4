"""Five-minute periods of the model traffic, kept beside the inserts."""

import time
from pathlib import Path

from lrcp.ingest.rollup import PERIOD_S, TrafficRollup
from lrcp.kit.clock import FakeClock
from lrcp.model.batch import Batch
from lrcp.model.span import Span
from tests.support.telemetry import Stack, make_span, with_stack

PERIODS = """
SELECT toUnixTimestamp(time), sum(requests), sum(errors), sum(input_tokens), sum(priced),
    quantilesDDMerge(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(latency)[1]
FROM traffic_5m FINAL GROUP BY time ORDER BY time
"""
NOW_S = int(time.time()) // PERIOD_S * PERIOD_S + 90
"""Real time, because the engine stamps what it stores; 90 s into a period, so that the one before is closed."""


def generation(number: int, start_s: int, **fields: object) -> Span:
    given = {"kind": "llm", "model": "gpt-4o", "input_tokens": 10, "duration_ns": 2_000_000_000, **fields}
    return make_span(number, start_ns=start_s * 10**9, **given)


def rollup(stack: Stack, now_s: int = NOW_S) -> TrafficRollup:
    return TrafficRollup(stack.store, FakeClock(now_s))


def test_a_period_is_derived_when_it_is_over_and_the_running_one_is_not(tmp_path: Path) -> None:
    closed_s, open_s = NOW_S - 91, NOW_S - 20

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[generation(1, closed_s), generation(2, open_s)]))
        assert await rollup(stack).run() == 1
        ((start_s, *counts, p50_s),) = await stack.rows(PERIODS)
        assert (start_s, counts) == (closed_s // PERIOD_S * PERIOD_S, [1, 0, 10, 1])
        assert abs(p50_s - 2) < 0.03

    with_stack(tmp_path, scenario)


def test_spans_that_come_late_replace_what_their_period_said(tmp_path: Path) -> None:
    late_s = NOW_S - 86_400

    async def scenario(stack: Stack) -> None:
        keeper = rollup(stack)
        for number in range(1, 4):
            await stack.pipeline.consume(Batch(spans=[generation(number, late_s, status="error")]))
            await keeper.run()
            ((_, requests, errors, *_),) = await stack.rows(PERIODS)
            assert (requests, errors) == (number, number)

    with_stack(tmp_path, scenario)


def test_a_history_that_was_never_rolled_up_is_caught_up_with_whole(tmp_path: Path) -> None:
    starts = [NOW_S - 200 - hour * 3_600 for hour in range(90)]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[generation(n, start_s) for n, start_s in enumerate(starts, 1)]))
        assert await rollup(stack).run() == 90
        assert [row[0] for row in await stack.rows(PERIODS)] == sorted(s // PERIOD_S * PERIOD_S for s in starts)

    with_stack(tmp_path, scenario)


def test_a_period_that_closes_long_after_its_spans_were_stored_is_derived_too(tmp_path: Path) -> None:
    ahead_s = NOW_S + 3_000

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[generation(1, ahead_s)]))
        clock = FakeClock(NOW_S)
        keeper = TrafficRollup(stack.store, clock)
        assert await keeper.run() == 0
        clock.advance(3_600)
        assert await keeper.run() == 1

    with_stack(tmp_path, scenario)


def test_a_restart_goes_on_where_the_last_run_ended_and_counts_nothing_twice(tmp_path: Path) -> None:
    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[generation(1, NOW_S - 86_400), generation(2, NOW_S - 200)]))
        await rollup(stack).run()
        await stack.pipeline.consume(Batch(spans=[generation(3, NOW_S + 10)]))
        await rollup(stack, NOW_S + 900).run()
        assert [row[1] for row in await stack.rows(PERIODS)] == [1, 1, 1]

    with_stack(tmp_path, scenario)

"""The llm.* metrics are what the spans say, also after a crash between the two."""

import time
from pathlib import Path

import pytest

from lrcp.model.batch import Batch
from lrcp.model.metric import MetricBucket, bucket_start_s
from lrcp.model.span import Span
from tests.support.telemetry import Stack, make_span, with_stack

POINTS = (
    "SELECT metric, sum(count), sum(sum), any(unit) FROM metrics WHERE origin = 'spans' GROUP BY metric ORDER BY metric"
)


def generation(number: int, **fields: object) -> Span:
    given = {"kind": "llm", "provider": "openai", "model": "gpt-4o", "input_tokens": 10, "output_tokens": 4,
             "output": "four", "duration_ns": 2_000_000_000, **fields}  # fmt: skip
    return make_span(number, **given)


def test_generations_become_metrics_and_other_spans_do_not(tmp_path: Path) -> None:
    spans = [
        generation(1, cached_input_tokens=6, reasoning_tokens=2, ttft_ns=500_000_000),
        generation(2, status="error", model="nobody-knows"),
        make_span(3, kind="server"),
    ]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=spans))
        assert await stack.rows(POINTS) == [
            ("llm.cost.usd", 1, 0.0000575, "dollar"),
            ("llm.request.count", 2, 2, "request"),
            ("llm.request.duration", 2, 4, "second"),
            ("llm.request.error.count", 1, 1, "request"),
            ("llm.request.ttft", 1, 0.5, "second"),
            ("llm.response.length_chars", 2, 8, "character"),
            ("llm.tokens.cached", 1, 6, "token"),
            ("llm.tokens.input", 2, 20, "token"),
            ("llm.tokens.output", 2, 8, "token"),
            ("llm.tokens.reasoning", 1, 2, "token"),
        ]
        tags = await stack.rows("SELECT tags FROM metrics WHERE metric = 'llm.cost.usd'")
        assert tags == [(["cost_source:computed", "model:gpt-4o", "provider:openai", "service:shop", "status:ok"],)]

    with_stack(tmp_path, scenario)


@pytest.mark.parametrize("second", [0.0, 5.0, 9.2, 9.999])
def test_metrics_that_a_crash_left_out_or_doubled_are_derived_anew_and_sent_ones_are_kept(
    tmp_path: Path, second: float
) -> None:
    start_ns = int((time.time() // 10 * 10 - 10 + second) * 1e9)
    sent = MetricBucket("llm.request.count", ("own:yes",), 0, "count", 7, 7)

    async def disagree(stack: Stack) -> None:
        spans = [generation(1, start_ns=start_ns), generation(2, start_ns=start_ns)]
        sent.time_s = bucket_start_s(spans[0].start_ns / 1e9)
        await stack.pipeline.consume(Batch(spans=spans, metrics=[sent]))
        for remove in (
            "DELETE FROM spans WHERE span_id LIKE '%2'",
            "DELETE FROM metrics WHERE metric LIKE 'llm.cost%'",
        ):
            await stack.store.on_writer(lambda sql=remove: stack.store.command(sql))

    async def agree(stack: Stack) -> None:
        points = {row[0]: row[1:3] for row in await stack.rows(POINTS)}
        assert points["llm.request.count"] == (1, 1)
        assert points["llm.cost.usd"] == (1, 0.000065)
        assert await stack.rows("SELECT sum(sum) FROM metrics WHERE has(tags, 'own:yes')") == [(7,)]

    with_stack(tmp_path, disagree)
    with_stack(tmp_path, agree)
    with_stack(tmp_path, agree)


def test_a_gateways_hop_gives_its_time_to_first_token_and_is_not_counted_again(tmp_path: Path) -> None:
    hop = generation(2, kind="client", source="gateway", ttft_ns=300_000_000)

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=[generation(1), hop]))
        points = {row[0]: row[1:3] for row in await stack.rows(POINTS)}
        assert points["llm.request.ttft"] == (1, 0.3)
        assert points["llm.request.count"] == (1, 1)

    with_stack(tmp_path, scenario)

"""The llm.gateway.* metrics are what the gateway's own spans say, each of its deeds once, also after a crash."""

import time
from pathlib import Path
from typing import Any

import pytest

from lrcp.model.batch import Batch
from lrcp.model.span import Span
from tests.support.telemetry import Stack, make_span, with_stack

POINTS = (
    "SELECT metric, sum(count), sum(sum), any(unit) FROM metrics WHERE startsWith(metric, 'llm.gateway.')"
    " AND origin = 'spans' GROUP BY metric ORDER BY metric"
)
BASE = ["env:test", "model:gpt-4o", "provider:openai", "route:chat", "service:shop", "team:north"]


def exchange(number: int, *, tags: dict[str, str] | None = None, **fields: Any) -> Span:
    """A call through a gateway, as its meter tells it."""
    given: dict[str, Any] = {"name": "chat gpt-4o", "kind": "llm", "source": "gateway", "env": "test", "route": "chat", "attempts": 1,
             "provider": "openai", "model": "gpt-4o", **fields}  # fmt: skip
    return make_span(number, tags={"team": "north", "stream": "true", **(tags or {})}, **given)


def refusal(number: int, code: str, **fields: Any) -> Span:
    return exchange(number, status="error", error_type=code, attempts=0, provider="", **fields)


async def tags_of(stack: Stack, metric: str) -> list[list[str]]:
    rows = await stack.rows(f"SELECT tags FROM metrics WHERE metric = '{metric}' ORDER BY tags")
    return [list(tags) for (tags,) in rows]  # type: ignore[call-overload]


def test_each_deed_of_a_gateway_becomes_a_point_with_the_name_that_it_has(tmp_path: Path) -> None:
    spans = [
        exchange(1, attempts=4, tags={"retries": "2", "fallback": "timeout", "gateway.overhead_ns": "400000"}),
        exchange(2, attempts=2, tags={"hedged": "won", "gateway.overhead_ns": "600000"}),
        exchange(3, cache="exact", attempts=0, tags={"cache.saved_nusd": "2500000", "gateway.overhead_ns": "200000"}),
        exchange(4, cache="semantic", attempts=0, tags={"cache.saved_nusd": "1500000"}),
        refusal(5, "rate_limit_exceeded", tags={"limit": "a-minute"}),
        refusal(6, "budget_exceeded", tags={"budget": "team-day"}),
        refusal(7, "shed", tags={"priority": "low"}),
        exchange(8, tags={"guard_pii": "redacted", "guard_pii_score": "0.91", "guard_words": "flagged"}),
        refusal(9, "guard_blocked", tags={"guard_words": "blocked"}),
        exchange(10, tags={"faults": "slow,header:error"}),
    ]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=spans))
        assert await stack.rows(POINTS) == [
            ("llm.gateway.budget.exceeded", 1, 1, "request"),
            ("llm.gateway.cache.hits", 2, 2, "request"),
            ("llm.gateway.cache.saved_usd", 2, 0.004, "dollar"),
            ("llm.gateway.fallbacks", 1, 1, "request"),
            ("llm.gateway.faults", 2, 2, "request"),
            ("llm.gateway.guard.blocked", 1, 1, "request"),
            ("llm.gateway.guard.flagged", 1, 1, "request"),
            ("llm.gateway.guard.redacted", 1, 1, "request"),
            ("llm.gateway.hedges", 1, 1, "request"),
            ("llm.gateway.limited", 1, 1, "request"),
            ("llm.gateway.overhead", 3, pytest.approx(0.0012), "second"),
            ("llm.gateway.refused", 4, 4, "request"),
            ("llm.gateway.requests", 10, 10, "request"),
            ("llm.gateway.retries", 1, 2, "attempt"),
            ("llm.gateway.shed", 1, 1, "request"),
        ]
        refused = sorted([*(tag for tag in BASE if tag != "provider:openai"), "status:error"])
        for metric, further, base in (
            ("fallbacks", "reason:timeout", [*BASE, "status:ok"]),
            ("hedges", "result:won", [*BASE, "status:ok"]),
            ("limited", "limit:a-minute", refused),
            ("budget.exceeded", "budget:team-day", refused),
            ("shed", "priority:low", refused),
            ("guard.redacted", "guard:pii", [*BASE, "status:ok"]),
        ):
            assert await tags_of(stack, f"llm.gateway.{metric}") == [sorted([*base, further])]
        faults = {tag for tags in await tags_of(stack, "llm.gateway.faults") for tag in tags}
        assert {tag for tag in faults if tag.startswith("fault:")} == {"fault:header:error", "fault:slow"}
        ((p50,),) = await stack.rows(
            "SELECT quantilesDDMerge(0.005, 0.5, 0.75, 0.9, 0.95, 0.99)(sketch)[1] FROM metrics"
            " WHERE metric = 'llm.gateway.overhead'"
        )
        assert p50 == pytest.approx(0.0004, rel=0.02)

    with_stack(tmp_path, scenario)


def test_what_a_gateway_was_asked_is_counted_once_whoever_tells_the_generation(tmp_path: Path) -> None:
    spans = [
        exchange(1),
        make_span(2, name="attempt gpt-4o", kind="client", source="gateway", tags={"attempt": "1"}),
        exchange(3, kind="client"),  # its caller tells the generation
        exchange(4, kind="client", name="count_tokens gpt-4o"),
        exchange(5, kind="embedding", name="embeddings small", tags={"gateway.purpose": "semantic_cache"}),
        exchange(6, tags={"shadow": "true"}),
        make_span(7, kind="llm", source="llmobs", model="gpt-4o", tags={"retries": "3", "guard_x": "flagged"}),
    ]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=spans))
        assert [row[:3] for row in await stack.rows(POINTS)] == [("llm.gateway.requests", 3, 3)]

    with_stack(tmp_path, scenario)


def test_a_providers_error_is_not_taken_for_a_refusal_of_the_gateways(tmp_path: Path) -> None:
    spans = [
        exchange(1, status="error", error_type="rate_limit_exceeded", attempts=2, tags={"retries": "1"}),
        exchange(2, status="error", error_type="budget_exceeded"),
    ]

    async def scenario(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=spans))
        assert [row[:3] for row in await stack.rows(POINTS)] == [
            ("llm.gateway.requests", 2, 2),
            ("llm.gateway.retries", 1, 1),
        ]

    with_stack(tmp_path, scenario)


@pytest.mark.parametrize(
    "lost",
    [
        "DELETE FROM metrics WHERE startsWith(metric, 'llm.gateway.')",
        "DELETE FROM metrics WHERE metric = 'llm.request.count'",
        "DELETE FROM spans WHERE endsWith(span_id, '2')",
    ],
)
def test_after_a_crash_between_spans_and_metrics_they_agree_again(tmp_path: Path, lost: str) -> None:
    start_ns = (time.time_ns() // 10**10 - 1) * 10**10
    spans = [
        exchange(1, start_ns=start_ns, tags={"retries": "1"}),
        exchange(2, start_ns=start_ns, kind="client", cache="exact", attempts=0, tags={"cache.saved_nusd": "1000000"}),
    ]

    async def disagree(stack: Stack) -> None:
        await stack.pipeline.consume(Batch(spans=spans))
        await stack.store.on_writer(lambda: stack.store.command(lost))

    async def agree(stack: Stack) -> None:
        points = {str(row[0]): row[2] for row in await stack.rows(POINTS)}
        (hits,) = await stack.rows("SELECT countIf(cache = 'exact'), count() FROM spans")
        assert (points.get("llm.gateway.cache.hits", 0), points["llm.gateway.requests"]) == hits
        assert points["llm.gateway.retries"] == 1
        assert await stack.rows("SELECT sum(sum) FROM metrics WHERE metric = 'llm.request.count'") == [(1,)]

    with_stack(tmp_path, disagree)
    with_stack(tmp_path, agree)
    with_stack(tmp_path, agree)

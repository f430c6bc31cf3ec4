"""docs/store.md against a real embedded store: its columns, its derived metrics, and every SQL example of it."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.sql.guard import TABLES
from lrcp.model.batch import Batch
from lrcp.model.evaluation import Evaluation
from lrcp.model.event import Event, ServiceCheck
from lrcp.model.log import Log
from lrcp.model.metric import MetricBucket, bucket_start_s
from lrcp.model.span import Span
from lrcp.store.telemetry.store import TelemetryStore
from tests.support.telemetry import make_span, open_stack

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "store.md").read_text()
EXAMPLES = re.findall(r"\n([^\n]+)\n\n```sql\n(.*?)```", PAGE, re.S)


def gateway_spans(start_ns: int) -> list[Span]:
    """Calls through a gateway to which everything happened that it counts."""
    guards = {f"guard_{what}": what for what in ("flagged", "redacted", "blocked", "unchecked")}
    done = {"retries": "1", "fallback": "timeout", "hedged": "lost", "faults": "slow", "gateway.overhead_ns": "500000"}
    known: dict[str, Any] = {"start_ns": start_ns, "source": "gateway", "kind": "client", "route": "chat"}
    return [
        make_span(2, **known, attempts=2, tags={"team": "north", **guards, **done}),
        make_span(3, **known, cache="exact", tags={"cache.saved_nusd": "1000"}),
        *(
            make_span(number, **known, status="error", error_type=code, tags={"limit": "a", "budget": "b"})
            for number, code in enumerate(("rate_limit_exceeded", "budget_exceeded", "shed"), start=4)
        ),
    ]


def seen_batch() -> Batch:
    """A generation that failed after it had cost something, and one record of every other kind, a minute ago."""
    now_ns = time.time_ns() - 60_000_000_000
    span = make_span(
        start_ns=now_ns, kind="llm", status="error", model="gpt-4o", provider="openai", input_tokens=10, output_tokens=5,
        ttft_ns=1_000_000, cached_input_tokens=2, reasoning_tokens=1, input="Where is my refund?", output="On its way.",
        session_id="s1", resource="POST /qa", env="test",
    )  # fmt: skip
    at_s = bucket_start_s(now_ns / 1e9)
    buckets = [
        MetricBucket("shop.orders", ("shop:north",), at_s, "count", count=1, sum=3, min=3, max=3, last=3),
        MetricBucket("shop.stock", (), at_s, "gauge", count=1, sum=7, min=7, max=7, last=7, last_ns=now_ns),
        MetricBucket("shop.visitors", (), at_s, "set", count=2, members=["ann", "bob"]),
    ]
    return Batch(
        spans=[span, *gateway_spans(now_ns)],
        evaluations=[Evaluation(now_ns, "quality", span_id=span.span_id, score=0.5)],
        metrics=buckets,
        logs=[Log(now_ns, "refund failed", service="shop", trace_id=span.trace_id)],
        events=[Event(now_ns, "Shop opened", id=1)],
        checks=[ServiceCheck(now_ns, "shop.up", "ok")],
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelemetryStore]:
    directory = tmp_path_factory.mktemp("docs")
    with asyncio.Runner() as runner:
        opening = open_stack(directory / "telemetry")
        stack = runner.run(opening.__aenter__())
        runner.run(stack.pipeline.consume(seen_batch()))
        yield stack.store
        runner.run(opening.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def client(store: TelemetryStore, tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    app = create_api(store, {}, tmp_path_factory.mktemp("no-build"))
    return TestClient(app, base_url="http://127.0.0.1:8000")


def ask(client: TestClient, sql: str) -> list[list[object]]:
    reply = client.post("/api/sql", json={"query": sql})
    assert reply.status_code == 200, reply.text
    rows: list[list[object]] = reply.json()["rows"]
    return rows


def section(title: str) -> str:
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#)", PAGE, re.M | re.S)
    assert found, title
    return found[1]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10


@pytest.mark.parametrize(("says", "sql"), EXAMPLES, ids=[says for says, _ in EXAMPLES])
def test_an_example_of_the_page_is_accepted_and_finds_something(client: TestClient, says: str, sql: str) -> None:
    assert ask(client, sql)


def test_the_sketches_are_as_exact_as_the_page_says(client: TestClient) -> None:
    (sql,) = [sql for _, sql in EXAMPLES if "highest" in sql]
    ((lowest, highest),) = ask(client, sql)
    assert f"it prints {lowest} and {highest}" in PAGE


@pytest.mark.parametrize("table", TABLES)
def test_the_columns_of_a_table_are_those_of_the_store(client: TestClient, table: str) -> None:
    described = re.findall(r"^\| `(\w+)` \|", section(table), re.M)
    stored = [
        row[0]
        for row in ask(
            client,
            f"SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '{table}' ORDER BY position",
        )
    ]
    assert described == stored


def test_every_other_table_is_named_as_an_internal_one(client: TestClient) -> None:
    stored = ask(
        client, "SELECT name FROM system.tables WHERE database = currentDatabase() AND NOT engine LIKE '%View'"
    )
    inner = set(re.findall(r"^\| `(\w+)` \|", section("Internal tables"), re.M))
    assert {str(name) for (name,) in stored} - set(TABLES) <= inner


def test_the_derived_metrics_are_those_of_the_page(client: TestClient) -> None:
    described = re.findall(r"^\| `([\w.]+)` \| (\w+) \| (\w+) \|", section("Derived metrics"), re.M)
    derived = ask(client, "SELECT DISTINCT metric, type, unit FROM metrics WHERE origin = 'spans'")
    assert sorted(map(tuple, described)) == sorted(tuple(row) for row in derived)


def test_the_tags_of_derived_metrics_are_on_the_page(client: TestClient) -> None:
    keys = {
        str(row[0])
        for row in ask(
            client, "SELECT DISTINCT splitByChar(':', arrayJoin(tags))[1] FROM metrics WHERE origin = 'spans'"
        )
    }
    assert keys >= {"service", "env", "provider", "model", "endpoint", "status", "cost_source"}
    assert keys >= {"route", "cache", "team", "reason", "result", "code", "limit", "budget", "guard", "fault"}
    assert [key for key in keys if f"`{key}`" not in section("Derived metrics")] == []

"""OpenTelemetry programs end in the right rows: the SDK by both protocols, and two OpenAI instrumentations."""

import pytest

from tests.e2e.conftest import RunClient
from tests.e2e.rows import CHAT_TOKENS, TOKENS, assert_one_row_each, every, only, pick
from tests.support.lrcp_server import LrcpServer
from tests.support.model_server import ModelServer
from tests.support.model_wires import ANSWER, USAGE

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_the_sdk_sends_traces_metrics_and_logs(server: LrcpServer, run_client: RunClient, protocol: str) -> None:
    service = f"otel_{protocol}"
    endpoint = server.otlp_grpc_url if protocol == "grpc" else server.otlp_http_url
    ids = run_client("otel_sdk.py", protocol, endpoint, service)
    rows = server.spans(service, 3)
    assert len(rows) == 3
    assert_one_row_each(rows)
    assert {row["trace_id"] for row in rows} == {ids["trace_id"]}
    root = only(rows, parent_id="")
    assert pick(root, "span_id", "name", "kind", "env", "version", "source") == (
        ids["span_id"], "POST /ask", "server", "e2e", "2.1", "otlp",
    )  # fmt: skip
    call = only(rows, kind="llm")
    assert pick(call, "span_id", "parent_id") == (ids["call_id"], ids["span_id"])
    assert pick(call, "provider", "model", "response_model") == ("openai", "gpt-5-mini", "gpt-5-mini-2025-08-07")
    assert pick(call, *TOKENS[:3]) == CHAT_TOKENS[:3]
    assert pick(call, "finish_reason", "session_id", "cost_source") == ("stop", "conversation-1", "computed")
    failed = only(rows, name="pay")
    assert pick(failed, "status", "error_type", "error_message") == (
        "error",
        "PermissionError",
        "PermissionError: card refused",
    )


@pytest.mark.parametrize("protocol", ["grpc", "http"])
def test_the_sdks_metrics_and_logs_are_rows(server: LrcpServer, run_client: RunClient, protocol: str) -> None:
    service = f"otel_more_{protocol}"
    endpoint = server.otlp_grpc_url if protocol == "grpc" else server.otlp_http_url
    ids = run_client("otel_sdk.py", protocol, endpoint, service)
    (log,) = server.wait_rows(f"SELECT * FROM logs WHERE service = '{service}'")
    assert pick(log, "message", "status", "env") == ("model was slow", "error", "e2e")
    assert pick(log, "trace_id", "span_id") == (ids["trace_id"], ids["call_id"])
    query = (
        "SELECT metric, type, sum(count) AS count, sum(sum) AS sum, argMax(last_at.value, last_at) AS last, any(tags) AS tags"
        f" FROM metrics WHERE startsWith(metric, '{service}.') GROUP BY metric, type"
    )
    metrics = server.wait_rows(query, 3)
    orders = only(metrics, metric=f"{service}.orders")
    assert orders["sum"] == 3.0
    assert "shop:north" in orders["tags"]
    assert pick(only(metrics, metric=f"{service}.open"), "type", "last") == ("gauge", 2.0)
    checkout = only(metrics, metric=f"{service}.checkout")
    assert pick(checkout, "type", "count") == ("distribution", 3.0)
    assert checkout["sum"] == pytest.approx(0.7, rel=0.05)


@pytest.mark.parametrize("which", ["openinference", "openllmetry"])
def test_an_openai_instrumentation_ends_in_generations(
    server: LrcpServer, model_server: ModelServer, run_client: RunClient, which: str
) -> None:
    service = f"otel-{which}"
    ids = run_client("otel_openai.py", which, server.otlp_http_url, model_server.openai_url, service)
    rows = server.spans(service, 5)
    assert len(rows) == 5
    assert_one_row_each(rows)
    generations = every(rows, kind="llm", status="ok")
    assert len(generations) == 2
    for row in generations:
        assert pick(row, "trace_id", "parent_id") == (ids["trace_id"], ids["span_id"])
        assert row["provider"] == "openai"
        assert row["model"].startswith("gpt-5-mini")
        assert "gpt-5-mini-2026-08-01" in (row["model"], row["response_model"])
        assert pick(row, *TOKENS[:3]) == CHAT_TOKENS[:3]
        assert "When does my parcel come?" in row["input"]
        assert ANSWER in row["output"]
    failed = only(rows, kind="llm", status="error")
    assert failed["error_type"].endswith("NotFoundError")
    embedding = only(rows, kind="embedding")
    assert pick(embedding, "model", "input_tokens") == ("text-embedding-3-small", USAGE.input)

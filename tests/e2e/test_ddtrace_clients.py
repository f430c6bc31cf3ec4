"""Programs under ddtrace-run end in the right rows: the three model clients, and a web application without a model."""

import pytest

from tests.e2e.conftest import RunClient
from tests.e2e.rows import CHAT_TOKENS, TOKENS, assert_one_row_each, every, only, pick
from tests.support.lrcp_server import LrcpServer
from tests.support.model_server import ModelServer
from tests.support.model_wires import ANSWER, USAGE

pytestmark = pytest.mark.e2e


def tracer_variables(server: LrcpServer, service: str, **more: str) -> dict[str, str]:
    return {
        "DD_TRACE_AGENT_URL": server.agent_url,
        "DD_SERVICE": service,
        "DD_ENV": "e2e",
        "DD_VERSION": "3.2.1",
        **more,
    }


def llmobs_variables(server: LrcpServer, service: str, **more: str) -> dict[str, str]:
    return tracer_variables(server, service, DD_LLMOBS_ENABLED="1", DD_LLMOBS_ML_APP=f"{service}-ml", **more)


def test_the_openai_client_ends_in_one_row_an_operation(
    server: LrcpServer, model_server: ModelServer, run_client: RunClient
) -> None:
    variables = llmobs_variables(server, "dd-openai")
    ids = run_client("ddtrace_openai.py", model_server.openai_url, traced=True, **variables)
    rows = server.spans("dd-openai", 9)
    assert len(rows) == 9
    assert_one_row_each(rows)
    assert {row["trace_id"] for row in rows} == {ids["trace_id"]}
    root = only(rows, parent_id="")
    assert pick(root, "span_id", "name", "kind", "status", "env", "version") == (
        ids["span_id"], "shop.ask", "internal", "ok", "e2e", "3.2.1",
    )  # fmt: skip
    generations = every(rows, kind="llm")
    assert {row["parent_id"] for row in generations} == {root["span_id"]}
    assert [row["status"] for row in generations] == ["ok", "ok", "error"]
    for row in generations[:2]:
        assert pick(row, "model", "response_model", "ml_app") == ("gpt-5-mini", "gpt-5-mini-2026-08-01", "dd-openai-ml")
        assert pick(row, *TOKENS) == CHAT_TOKENS
        assert "When does my parcel come?" in row["input"]
        assert "Be brief." in row["input"]
        assert ANSWER in row["output"]
        assert row["finish_reason"] == "stop"
        assert row["duration_ns"] > 0
    calls = every(rows, kind="client")
    assert {row["parent_id"] for row in calls} == {
        row["span_id"] for row in rows if row["kind"] in ("llm", "embedding")
    }


def test_the_openai_clients_embeddings_and_failures_are_told_apart(
    server: LrcpServer, model_server: ModelServer, run_client: RunClient
) -> None:
    variables = llmobs_variables(server, "dd-openai-2")
    run_client("ddtrace_openai.py", model_server.openai_url, traced=True, **variables)
    rows = server.spans("dd-openai-2", 9)
    embedding = only(rows, kind="embedding")
    assert pick(embedding, "model", "input_tokens") == ("text-embedding-3-small", USAGE.input)
    assert "red shoes" in embedding["input"]
    failed = only(rows, kind="llm", status="error")
    assert failed["error_type"].endswith("NotFoundError")
    assert "fails with 404" in failed["error_message"]
    assert pick(failed, "model", "input_tokens", "cost_nusd") == ("missing", None, None)


def test_the_price_of_a_known_model_is_computed_in_nano_dollars(
    server: LrcpServer, model_server: ModelServer, run_client: RunClient
) -> None:
    variables = llmobs_variables(server, "dd-anthropic-cost")
    run_client("ddtrace_anthropic.py", model_server.url, traced=True, **variables)
    rows = every(server.spans("dd-anthropic-cost", 5), kind="llm")
    # Claude Sonnet 4.5, dollars per million: 3 for input, 0.30 for cached input, 15 for output.
    expected = (USAGE.input - USAGE.cached) * 3_000 + USAGE.cached * 300 + USAGE.output * 15_000
    assert [pick(row, "cost_nusd", "cost_source") for row in rows] == [(expected, "computed")] * 2


def test_the_anthropic_client_ends_in_one_row_an_operation(
    server: LrcpServer, model_server: ModelServer, run_client: RunClient
) -> None:
    variables = llmobs_variables(server, "dd-anthropic")
    ids = run_client("ddtrace_anthropic.py", model_server.url, traced=True, **variables)
    rows = server.spans("dd-anthropic", 5)
    assert len(rows) == 5
    assert_one_row_each(rows)
    generations = every(rows, kind="llm", parent_id=ids["span_id"])
    assert len(generations) == 2
    for row in generations:
        assert row["model"] == "claude-sonnet-4-5"
        assert pick(row, *TOKENS[:3]) == CHAT_TOKENS[:3]
        assert ANSWER in row["output"]


def test_the_gemini_client_ends_in_one_row_an_operation(
    server: LrcpServer, model_server: ModelServer, run_client: RunClient
) -> None:
    variables = llmobs_variables(server, "dd-gemini")
    ids = run_client("ddtrace_gemini.py", model_server.url, traced=True, **variables)
    rows = server.spans("dd-gemini", 5)
    assert len(rows) == 5
    assert_one_row_each(rows)
    generations = every(rows, kind="llm", parent_id=ids["span_id"])
    assert len(generations) == 2
    for row in generations:
        assert pick(row, "model", "provider") == ("gemini-2.5-flash", "google")
        assert pick(row, *TOKENS) == CHAT_TOKENS
        assert ANSWER in row["output"]


def test_a_client_without_llm_observability_still_ends_in_generations_without_words(
    server: LrcpServer, model_server: ModelServer, run_client: RunClient
) -> None:
    variables = tracer_variables(server, "dd-plain-openai")
    run_client("ddtrace_openai.py", model_server.openai_url, traced=True, **variables)
    rows = server.spans("dd-plain-openai", 9)
    assert len(rows) == 9
    assert_one_row_each(rows)
    assert {row["source"] for row in rows} == {"ddtrace"}
    answered = every(rows, kind="llm", status="ok")
    assert [pick(row, "model", *TOKENS[:3]) for row in answered] == [("gpt-5-mini", *CHAT_TOKENS[:3])] * 2
    assert {row["input"] + row["output"] for row in answered} == {""}


def test_a_web_application_ends_in_its_own_spans(server: LrcpServer, run_client: RunClient) -> None:
    printed = run_client("ddtrace_fastapi.py", traced=True, **tracer_variables(server, "dd-web"))
    assert printed["statuses"] == [200, 200, 500]
    rows = server.spans("dd-web", 8)
    assert_one_row_each(rows)
    requests = every(rows, name="fastapi.request")
    assert [pick(row, "kind", "resource", "status") for row in requests] == [
        ("server", "GET /products/{number}", "ok"),
        ("server", "GET /products/{number}", "ok"),
        ("server", "GET /products/{number}", "error"),
    ]
    assert [row["tags"]["http.status_code"] for row in requests] == ["200", "200", "500"]
    assert len({row["trace_id"] for row in requests}) == 3
    counts = every(rows, name="stock.count")
    assert [row["parent_id"] for row in counts] == [row["span_id"] for row in requests]
    assert {pick(row, "resource", "kind") for row in counts} == {("warehouse-1", "internal")}
    assert {row["tags"]["aisle"] for row in counts} == {"7"}
    assert pick(counts[2], "status", "error_message") == ("error", "no product 13")
    assert counts[2]["error_type"].endswith("LookupError")

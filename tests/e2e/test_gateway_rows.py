"""Applications that are traced and applications that are not, through the gateway, as rows of the real server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from tests.e2e.conftest import RunClient
from tests.e2e.test_ddtrace_clients import llmobs_variables
from tests.support.lrcp_server import LrcpServer, plan_server
from tests.support.model_server import ModelServer
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process

pytestmark = pytest.mark.e2e

GENERATIONS = 3  # of ddtrace_openai.py, beside one that fails: a call, a streamed call, embeddings


@contextmanager
def gateway(server: LrcpServer, model_server: ModelServer, folder: Path) -> Iterator[str]:
    port = free_port()
    environ = clean_environ(
        PYTHONPATH=str(ROOT / "src"),
        LRCP_GATEWAY_PORT=str(port),
        LRCP_OTLP_HTTP_PORT=str(server.otlp_http_port),
        LRCP_UPSTREAM="openai",
        LRCP_UPSTREAM_URL=model_server.openai_url,
    )
    ready = f"http://127.0.0.1:{port}/health"
    with running_process([PYTHON, "-m", "lrcp", "gateway"], environ, folder / "gateway.log", ready_url=ready):
        yield f"http://127.0.0.1:{port}/v1"


def test_a_generation_that_its_caller_reports_is_counted_once(
    server: LrcpServer, model_server: ModelServer, run_client: RunClient, tmp_path: Path
) -> None:
    with gateway(server, model_server, tmp_path) as url:
        ids = run_client("ddtrace_openai.py", url, traced=True, **llmobs_variables(server, "through-gateway"))
    where = f"trace_id = '{ids['trace_id']}' AND source = 'gateway' AND NOT mapContains(tags, 'attempt')"
    hops = server.wait_rows(f"SELECT * FROM spans WHERE {where} ORDER BY start_time", GENERATIONS + 1)
    assert [row["kind"] for row in hops] == ["client"] * (GENERATIONS + 1)
    assert all(row["input_tokens"] for row in hops[:GENERATIONS])
    callers = {
        row["span_id"] for row in server.wait_rows("SELECT span_id FROM spans WHERE service = 'through-gateway'")
    }
    assert {row["parent_id"] for row in hops} <= callers
    counted = server.sql(
        "SELECT source, count() AS rows FROM spans WHERE kind IN ('llm', 'embedding') AND status = 'ok'"
        f" AND trace_id = '{ids['trace_id']}' GROUP BY source"
    )
    assert sum(int(row["rows"]) for row in counted) == GENERATIONS
    assert "gateway" not in {row["source"] for row in counted}


def test_a_generation_that_nobody_else_reports_is_counted_at_the_gateway(
    server: LrcpServer, model_server: ModelServer, tmp_path: Path
) -> None:
    with gateway(server, model_server, tmp_path) as url:
        headers = {"x-lrcp-session": "untraced-session"}
        client = openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0, default_headers=headers)
        raw = client.chat.completions.with_raw_response.create(
            model="gpt-5-mini", messages=[{"role": "user", "content": "Where is my parcel?"}]
        )
    (row,) = server.wait_rows("SELECT * FROM spans WHERE session_id = 'untraced-session'")
    assert row["trace_id"] == raw.headers["x-lrcp-trace-id"]
    assert (row["kind"], row["source"], row["service"], row["model"]) == (
        "llm",
        "gateway",
        "lrcp-gateway",
        "gpt-5-mini",
    )
    assert row["cost_source"] == "computed"
    assert f"{int(row['cost_nusd']) / 1e9:.9f}" == raw.headers["x-lrcp-cost-usd"]
    assert "Where is my parcel?" in row["input"]


def test_spans_of_a_time_without_server_are_rows_once_it_is_there(model_server: ModelServer, tmp_path: Path) -> None:
    server = plan_server(tmp_path)
    with gateway(server, model_server, tmp_path) as url:
        client = openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0)
        for _ in range(5):
            client.embeddings.create(model="text-embedding-3-small", input=["red shoes"])
        argv, ready = [PYTHON, "-m", "lrcp", "serve"], f"{server.url}/health"
        with running_process(argv, server.environ(), tmp_path / "server.log", ready_url=ready):
            assert len(server.wait_rows("SELECT span_id FROM spans WHERE kind = 'embedding'", 5)) == 5

"""A question to the reference application, through the real gateway, ends in one trace that tells its cost once."""

import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.rows import CHAT_TOKENS, TOKENS, Row, assert_one_row_each, every, only, pick
from tests.support.lrcp_server import LrcpServer
from tests.support.model_server import running_model_server
from tests.support.model_wires import ANSWER
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process
from tests.support.reference_app import ReferenceApp, running_reference_app

pytestmark = pytest.mark.e2e
MODEL = "gpt-5-mini"
# Dollars per million: 0.25 for input, 0.025 for cached input, 2 for output.
COST_NUSD = (CHAT_TOKENS[0] - CHAT_TOKENS[2]) * 250 + CHAT_TOKENS[2] * 25 + CHAT_TOKENS[1] * 2_000


@pytest.fixture(scope="module")
def app(server: LrcpServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReferenceApp]:
    folder, port = tmp_path_factory.mktemp("loop"), free_port()
    with ExitStack() as stack:
        model = stack.enter_context(running_model_server())
        environ = clean_environ(
            PYTHONPATH=str(ROOT / "src"),
            LRCP_GATEWAY_PORT=str(port),
            LRCP_UPSTREAM="openai",
            LRCP_UPSTREAM_URL=model.openai_url,
            OPENAI_API_KEY="sk-test",
            LRCP_OTLP_HTTP_PORT=str(server.otlp_http_port),
        )
        url = f"http://127.0.0.1:{port}"
        argv = [PYTHON, "-m", "lrcp", "gateway"]
        stack.enter_context(running_process(argv, environ, folder / "gateway.log", ready_url=f"{url}/health"))
        yield stack.enter_context(
            running_reference_app(
                folder, gateway_url=url, agent_url=server.agent_url, DD_SERVICE="loop-app", LRCP_APP_MODEL=MODEL
            )
        )


def trace_rows(server: LrcpServer, trace_id: str, at_least: int) -> list[Row]:
    return server.wait_rows(f"SELECT * FROM spans WHERE trace_id = '{trace_id}' ORDER BY start_time", at_least)


def test_the_trace_holds_application_and_gateway_and_counts_the_generation_once(
    server: LrcpServer, app: ReferenceApp
) -> None:
    reply = app.post(
        "/qa",
        {"question": "When does it arrive?", "document": "On Friday.", "session_id": "loop-1", "user_id": "ann"},
    )
    metadata = reply.body["metadata"]
    rows = trace_rows(server, metadata["trace_id"], 8)
    assert_one_row_each(rows)
    request = only(rows, parent_id="")
    workflow = only(rows, kind="workflow")
    generation = only(rows, kind="llm")
    hop, attempt = every(rows, source="gateway")
    assert (request["kind"], request["service"], request["resource"]) == ("server", "loop-app", "POST /qa")
    assert workflow["parent_id"] == request["span_id"]
    assert generation["parent_id"] == workflow["span_id"]
    assert (hop["kind"], attempt["kind"], attempt["parent_id"]) == ("client", "client", hop["span_id"])
    assert hop["parent_id"] == only(rows, name="http.request")["span_id"]
    assert pick(generation, *TOKENS) == CHAT_TOKENS
    assert pick(generation, "model", "cost_nusd", "cost_source") == (MODEL, COST_NUSD, "computed")
    assert metadata["cost_usd"] == pytest.approx(COST_NUSD / 1e9)
    assert ANSWER in generation["output"]
    assert pick(workflow, "session_id", "user_id", "ml_app") == ("loop-1", "ann", "reference-app")
    assert pick(generation, "session_id", "prompt_version") == ("loop-1", "1.2.0")
    assert generation["tags"]["prompt_id"] == "shop-qa"
    assert only(rows, kind="retrieval")["parent_id"] == workflow["span_id"]


def test_a_stress_test_is_one_trace_of_as_many_generations(server: LrcpServer, app: ReferenceApp) -> None:
    reply = app.post("/stress", {"prompt": "Tell me of the shop.", "repetitions": 4})
    rows = trace_rows(server, reply.body["metadata"]["trace_id"], 19)
    assert_one_row_each(rows)
    workflow = only(rows, kind="workflow")
    generations = every(rows, kind="llm")
    assert [row["parent_id"] for row in generations] == [workflow["span_id"]] * 4
    assert sum(row["cost_nusd"] for row in generations) == 4 * COST_NUSD
    passed = every(rows, source="gateway", kind="client")
    assert len(passed) == 8  # four calls, a try each
    assert len([row for row in passed if "attempt" in row["tags"]]) == 4


def test_asking_for_its_health_leaves_no_trace(server: LrcpServer, app: ReferenceApp) -> None:
    with urllib.request.urlopen(f"{app.url}/health", timeout=10) as reply:
        assert reply.status == 200
    trace_rows(server, app.post("/reason", {"prompt": "Why?"}).body["metadata"]["trace_id"], 6)
    assert server.sql("SELECT count() AS n FROM spans WHERE resource = 'GET /health'") == [{"n": 0}]


def test_the_derived_metrics_count_each_generation_once(server: LrcpServer, app: ReferenceApp) -> None:
    trace_ids = [app.post("/reason", {"prompt": "Why?"}).body["metadata"]["trace_id"] for _ in range(3)]
    for trace_id in trace_ids:
        trace_rows(server, trace_id, 6)
    (generations,) = server.sql("SELECT count() AS n FROM spans WHERE service = 'loop-app' AND kind = 'llm'")
    (counted,) = server.sql(
        "SELECT sum(sum) AS n FROM metrics WHERE metric = 'llm.request.count' AND has(tags, 'service:loop-app')"
    )
    assert counted["n"] == generations["n"] > 0

"""The reference application as its users see it, and as Datadog's own test agent decodes what it reports."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ddapm import DdapmAgent
from tests.support.model_server import ModelServer, running_model_server
from tests.support.model_wires import ANSWER, USAGE
from tests.support.processes import free_port
from tests.support.reference_app import ReferenceApp, running_reference_app

pytestmark = pytest.mark.e2e
QUESTION = {"question": "When does the parcel arrive?", "document": "Parcels arrive on Friday."}


@pytest.fixture(scope="module")
def gateway() -> Iterator[ModelServer]:
    with running_model_server() as running:
        running.reply_headers["x-lrcp-cost-usd"] = "0.000250"
        yield running


@pytest.fixture(scope="module")
def app(
    gateway: ModelServer, test_agent: DdapmAgent, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReferenceApp]:
    folder = tmp_path_factory.mktemp("app")
    with running_reference_app(folder, gateway_url=gateway.url, agent_url=test_agent.url) as running:
        yield running


def test_a_question_is_answered_with_its_figures(app: ReferenceApp) -> None:
    reply = app.post("/qa", QUESTION)
    assert reply.status == 200
    assert reply.body["answer"] == ANSWER
    metadata = reply.body["metadata"]
    assert (metadata["input_tokens"], metadata["output_tokens"]) == (USAGE.input, USAGE.output)
    assert metadata["cost_usd"] == 0.00025
    assert metadata["model"] == "smollm2-135m-instruct-2026-08-01"
    assert metadata["latency_ms"] > 0
    assert re.fullmatch(r"[0-9a-f]{32}", metadata["trace_id"])
    assert metadata["document_truncated"] is False


def test_a_long_document_is_cut_to_what_answers_and_says_so(app: ReferenceApp, gateway: ModelServer) -> None:
    document = "Nothing of interest here. " * 2_000 + "The kettle's warranty lasts 30 months. " + "More text. " * 3_000
    reply = app.post("/qa", {"question": "How long is the kettle's warranty?", "document": document})
    assert reply.body["metadata"]["document_truncated"] is True
    sent = gateway.requests[-1].body["messages"][-1]["content"]
    assert "lasts 30 months" in sent
    assert len(sent) < 3_000


def test_a_stress_test_asks_as_often_as_it_was_told_and_adds_up(app: ReferenceApp, gateway: ModelServer) -> None:
    before = len(gateway.requests)
    reply = app.post("/stress", {"prompt": "Tell me of the shop.", "repetitions": 5})
    assert len(gateway.requests) - before == 5
    metadata = reply.body["metadata"]
    assert (metadata["repetitions"], metadata["completed"]) == (5, 5)
    assert metadata["input_tokens"] == 5 * USAGE.input
    assert metadata["cost_usd"] == pytest.approx(5 * 0.00025)


def test_a_price_that_the_gateway_does_not_know_is_null(app: ReferenceApp, gateway: ModelServer) -> None:
    cost = gateway.reply_headers.pop("x-lrcp-cost-usd")
    try:
        assert app.post("/reason", {"prompt": "Why?"}).body["metadata"]["cost_usd"] is None
    finally:
        gateway.reply_headers["x-lrcp-cost-usd"] = cost


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/qa", {"document": "d"}, "question"),
        ("/qa", {"question": "  ", "document": "d"}, "question"),
        ("/qa", {"question": "q" * 4_001}, "question"),
        ("/qa", {"question": "q", "document": "d" * 100_001}, "document"),
        ("/qa", {"question": "q", "documents": "d"}, "documents"),
        ("/reason", {"prompt": "p" * 20_001}, "prompt"),
        ("/reason", {"prompt": 5}, "prompt"),
        ("/stress", {"prompt": "p", "repetitions": 0}, "repetitions"),
        ("/stress", {"prompt": "p", "repetitions": 51}, "repetitions"),
        ("/stress", {"prompt": "p"}, "repetitions"),
        ("/reason", "{not json", "body"),
        ("/reason", [], "body"),
    ],
)
def test_bad_input_is_refused_with_the_field_named(app: ReferenceApp, path: str, body: Any, field: str) -> None:
    reply = app.post(path, body)
    assert reply.status == 422
    assert [fault["field"] for fault in reply.body["errors"]] == [field]
    assert reply.headers["content-type"] == "application/problem+json"


def test_the_model_is_sent_the_trace_it_is_part_of(app: ReferenceApp, gateway: ModelServer) -> None:
    reply = app.post("/qa", QUESTION, x_session_id="session-7")
    headers = gateway.requests[-1].headers
    assert headers["traceparent"].split("-")[1] == reply.body["metadata"]["trace_id"]
    propagated = dict(pair.split("=", 1) for pair in headers["x-datadog-tags"].split(","))
    assert propagated["_dd.p.llmobs_ml_app"] == "reference-app"
    assert propagated["_dd.p.llmobs_sid"] == "session-7"
    assert int(propagated["_dd.p.llmobs_parent_id"]) > 0


def test_the_spans_of_a_question_are_decoded_by_datadogs_test_agent(
    gateway: ModelServer, test_agent: DdapmAgent, tmp_path: Path
) -> None:
    with running_reference_app(tmp_path, gateway_url=gateway.url, agent_url=test_agent.url, DD_SERVICE="app-x") as app:
        asked = QUESTION | {"session_id": "session-9", "user_id": "user-3"}
        trace_id = app.post("/qa", asked).body["metadata"]["trace_id"]
    low = int(trace_id[16:], 16)
    spans = {span["name"]: span for trace in test_agent.traces() for span in trace if span["trace_id"] == low}
    assert {"fastapi.request", "qa", "select_passages", "openai.request", "http.request"} <= spans.keys()
    assert spans["qa"]["parent_id"] == spans["fastapi.request"]["span_id"]
    assert spans["openai.request"]["parent_id"] == spans["qa"]["span_id"]
    workflow, generation = (spans[name]["meta_struct"]["_llmobs"] for name in ("qa", "openai.request"))
    assert workflow["meta"]["span"]["kind"] == "workflow"
    assert workflow["session_id"] == generation["session_id"] == "session-9"
    assert workflow["tags"]["user_id"] == "user-3"
    assert generation["meta"]["input"]["prompt"]["id"] == "shop-qa"
    assert generation["metrics"]["input_tokens"] == USAGE.input
    assert generation["metrics"]["cache_read_input_tokens"] == USAGE.cached


def failing_app(folder: Path, agent: DdapmAgent, gateway_url: str, **variables: str) -> Any:
    return running_reference_app(folder, gateway_url=gateway_url, agent_url=agent.url, **variables)


def test_a_gateway_that_is_down_gives_502_and_says_what_to_do(test_agent: DdapmAgent, tmp_path: Path) -> None:
    with failing_app(tmp_path, test_agent, f"http://127.0.0.1:{free_port()}") as app:
        for path, body in (("/qa", QUESTION), ("/stress", {"prompt": "p", "repetitions": 4})):
            reply = app.post(path, body)
            assert reply.status == 502
            assert "lrcp gateway" in reply.body["detail"]


@pytest.mark.parametrize(
    ("model", "status", "said"),
    [
        ("missing", 502, "LRCP_APP_MODEL"),
        ("broken", 502, "'broken'"),
        ("throttled", 503, "limit"),
        ("empty", 502, "holds no answer"),
        ("babble", 502, "holds no answer"),
    ],
)
def test_a_model_that_fails_is_said_so(
    gateway: ModelServer, test_agent: DdapmAgent, tmp_path: Path, model: str, status: int, said: str
) -> None:
    with failing_app(tmp_path, test_agent, gateway.url, LRCP_APP_MODEL=model) as app:
        reply = app.post("/reason", {"prompt": "Why?"})
    assert reply.status == status
    assert said in reply.body["detail"]


def test_a_model_that_takes_too_long_gives_504(test_agent: DdapmAgent, tmp_path: Path) -> None:
    with running_model_server() as slow:
        slow.delay_s = 30.0
        with failing_app(tmp_path, test_agent, slow.url, LRCP_APP_TIMEOUT_S="0.3") as app:
            assert app.post("/reason", {"prompt": "Why?"}).status == 504
            assert app.post("/stress", {"prompt": "p", "repetitions": 2}).status == 504


def test_it_answers_while_nobody_takes_its_traces(gateway: ModelServer, tmp_path: Path) -> None:
    agent_url = f"http://127.0.0.1:{free_port()}"
    with running_reference_app(tmp_path, gateway_url=gateway.url, agent_url=agent_url) as app:
        assert app.post("/qa", QUESTION).status == 200

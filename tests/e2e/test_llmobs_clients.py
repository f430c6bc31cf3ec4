"""LLM Observability spans made by hand, in each of the ways that ddtrace sends them."""

import json

import pytest

from tests.e2e.conftest import RunClient
from tests.e2e.rows import Row, assert_one_row_each, only, pick
from tests.e2e.test_ddtrace_clients import llmobs_variables
from tests.support.lrcp_server import LrcpServer

pytestmark = pytest.mark.e2e
PARENTS = {
    "assistant": "",
    "answer": "assistant",
    "search": "answer",
    "embed": "answer",
    "lookup": "answer",
    "format": "answer",
    "generate": "answer",
    "refund": "answer",
}
KINDS = {
    "assistant": "agent",
    "answer": "workflow",
    "search": "retrieval",
    "embed": "embedding",
    "lookup": "tool",
    "format": "task",
    "generate": "llm",
    "refund": "tool",
}


def modes(server: LrcpServer) -> dict[str, dict[str, str]]:
    """The variables of each way to send, by its name."""
    origin = {"DD_LLMOBS_OVERRIDE_ORIGIN": server.agent_url}
    keys = {"DD_API_KEY": "test-key", "DD_LLMOBS_AGENTLESS_ENABLED": "1", "DD_LLMOBS_OVERRIDE_ORIGIN": server.url}
    return {
        "apm": {},
        "evp": {"DD_APM_TRACING_ENABLED": "false"},
        "override": origin,
        "agentless": keys,
    }


def by_name(rows: list[Row]) -> dict[str, Row]:
    assert_one_row_each(rows)
    named = {row["name"]: row for row in rows}
    assert len(named) == len(rows)
    return named


@pytest.mark.parametrize("mode", ["apm", "evp", "override", "agentless"])
def test_every_kind_of_span_is_one_row_in_its_place_in_each_way_to_send(
    server: LrcpServer, run_client: RunClient, mode: str
) -> None:
    service = f"manual-{mode}"
    ids = run_client("llmobs_manual.py", traced=True, **llmobs_variables(server, service, **modes(server)[mode]))
    spans = by_name(server.spans(service, len(KINDS)))
    assert {name: row["kind"] for name, row in spans.items()} == KINDS
    names = {row["span_id"]: name for name, row in spans.items()} | {"": ""}
    assert {name: names[row["parent_id"]] for name, row in spans.items()} == PARENTS
    assert {row["trace_id"] for row in spans.values()} == {ids["trace_id"]}
    assert {row["ml_app"] for row in spans.values()} == {f"{service}-ml"}
    assert {row["session_id"] for row in spans.values()} == {"session-1"}
    generation = spans["generate"]
    assert generation["span_id"] == ids["span_id"]
    assert pick(generation, "model", "provider") == ("gpt-5-mini", "openai")
    tokens = ("input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens")
    assert pick(generation, *tokens) == (100, 20, 60, 5)
    assert generation["cost_source"] == "computed"
    assert json.loads(generation["input"]) == [{"role": "user", "content": "Where is my parcel?"}]
    assert json.loads(generation["output"]) == [{"role": "assistant", "content": "On its way."}]


@pytest.mark.parametrize("mode", ["apm", "evp"])
def test_what_a_span_says_of_itself_is_kept(server: LrcpServer, run_client: RunClient, mode: str) -> None:
    service = f"manual-said-{mode}"
    run_client("llmobs_manual.py", traced=True, **llmobs_variables(server, service, **modes(server)[mode]))
    spans = by_name(server.spans(service, len(KINDS)))
    assert pick(spans["assistant"], "input", "output", "user_id") == ("Where is my parcel?", "On its way.", "user-1")
    assert json.loads(spans["lookup"]["input"]) == {"order": 7}
    (document,) = json.loads(spans["search"]["output"])
    assert pick(document, "text", "name", "id", "score") == ("Parcels take two days.", "shipping", "d1", 0.9)
    assert pick(spans["embed"], "model", "input_tokens") == ("embed-small", 7)
    refund = spans["refund"]
    assert pick(refund, "status", "error_message") == ("error", "order 7 was not paid")
    assert refund["error_type"].endswith("ValueError")
    assert {row["status"] for name, row in spans.items() if name != "refund"} == {"ok"}


@pytest.mark.parametrize("mode", ["apm", "agentless"])
def test_evaluations_name_their_span(server: LrcpServer, run_client: RunClient, mode: str) -> None:
    service = f"manual-judged-{mode}"
    ids = run_client("llmobs_manual.py", traced=True, **llmobs_variables(server, service, **modes(server)[mode]))
    query = f"SELECT * FROM evaluations WHERE span_id = '{ids['span_id']}' ORDER BY name"
    rows = server.wait_rows(query, 3)
    assert [pick(row, "name", "score", "label") for row in rows] == [
        ("grounded", None, "true"),
        ("quality", 0.75, ""),
        ("tone", None, "polite"),
    ]
    assert only(rows, name="quality")["evidence"] == "short"
    assert {row["tags"]["ml_app"] for row in rows} == {"shop-manual"}

"""Each LLM convention, in the shape that its instrumentations send, to the columns of a span."""

import json
from typing import Any

import pytest

from lrcp.ingest.receivers.otlp.conventions import SOURCES
from lrcp.model.span import SPAN_KINDS
from tests.wire.otlp.bodies import SECOND_NS, Decoders, one_span, trace_request

QUESTION = {"role": "user", "content": "How much?"}
ANSWER = {"role": "assistant", "content": "Five."}
SYSTEM = {"role": "system", "content": "Be brief."}


def messages(text: str) -> Any:
    return json.loads(text)


def test_the_present_genai_conventions_fill_every_column() -> None:
    span = one_span(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-5",
            "gen_ai.response.model": "gpt-5-2026",
            "gen_ai.usage.input_tokens": 100,
            "gen_ai.usage.output_tokens": 20,
            "gen_ai.usage.cache_read.input_tokens": 60,
            "gen_ai.usage.cache_creation.input_tokens": 10,
            "gen_ai.usage.reasoning.output_tokens": 5,
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.conversation.id": "c1",
            "gen_ai.response.time_to_first_chunk": 0.25,
            "gen_ai.request.temperature": 0.5,
            "user.id": "u1",
            "gen_ai.system_instructions": '[{"type": "text", "content": "Be brief."}]',
            "gen_ai.input.messages": '[{"role": "user", "parts": [{"type": "text", "content": "How much?"}]}]',
            "gen_ai.output.messages": (
                '[{"role": "assistant", "parts": [{"type": "text", "content": "Five."}], "finish_reason": "stop"}]'
            ),
        },
        kind=3,
        resource={"service.name": "shop"},
    )
    assert (span.kind, span.provider, span.model, span.response_model) == ("llm", "openai", "gpt-5", "gpt-5-2026")
    assert (span.input_tokens, span.output_tokens, span.reasoning_tokens) == (100, 20, 5)
    assert (span.cached_input_tokens, span.cache_write_tokens) == (60, 10)
    assert (span.finish_reason, span.session_id, span.user_id) == ("stop", "c1", "u1")
    assert (span.ttft_ns, span.ml_app, span.cost_nusd, span.cost_source) == (250_000_000, "shop", None, "")
    assert messages(span.input) == [SYSTEM, QUESTION]
    assert messages(span.output) == [ANSWER | {"finish_reason": "stop"}]
    assert span.tags == {"gen_ai.operation.name": "chat", "gen_ai.request.temperature": "0.5"}


def test_messages_as_structured_attributes_read_like_those_as_json_text() -> None:
    span = one_span({"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "How much?"}]}]})
    assert messages(span.input) == [QUESTION]


def test_tool_calls_and_their_results_stay_in_the_messages() -> None:
    span = one_span(
        {
            "gen_ai.input.messages": json.dumps(
                [{"role": "tool", "parts": [{"type": "tool_call_response", "id": "1", "response": "rainy"}]}]
            ),
            "gen_ai.output.messages": json.dumps(
                [
                    {
                        "role": "assistant",
                        "parts": [{"type": "tool_call", "id": "1", "name": "weather", "arguments": {"at": "Paris"}}],
                    }
                ]
            ),
        }
    )
    assert messages(span.input) == [{"role": "tool", "content": "rainy"}]
    call = {"id": "1", "name": "weather", "arguments": {"at": "Paris"}}
    assert messages(span.output) == [{"role": "assistant", "content": "", "tool_calls": [call]}]


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("chat", "llm"),
        ("text_completion", "llm"),
        ("generate_content", "llm"),
        ("embeddings", "embedding"),
        ("retrieval", "retrieval"),
        ("execute_tool", "tool"),
        ("invoke_agent", "agent"),
        ("create_agent", "agent"),
        ("invoke_workflow", "workflow"),
        ("something_new", "client"),
    ],
)
def test_the_operation_decides_the_kind(operation: str, kind: str) -> None:
    assert one_span({"gen_ai.operation.name": operation}, kind=3).kind == kind


def test_a_tool_span_carries_its_arguments_and_result() -> None:
    span = one_span(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "add",
            "gen_ai.tool.call.arguments": '{"a":1}',
            "gen_ai.tool.call.result": "2",
        }
    )
    assert (span.kind, span.input, span.output, span.tags["gen_ai.tool.name"]) == ("tool", '{"a":1}', "2", "add")


def test_the_details_event_speaks_for_its_span() -> None:
    details = {
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"How much?"}]}]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"Five."}]}]',
        "gen_ai.request.model": "from-event",
    }
    span = one_span(
        {"gen_ai.operation.name": "chat", "gen_ai.request.model": "from-span"},
        events=[("gen_ai.client.inference.operation.details", details)],
    )
    assert (messages(span.input), messages(span.output), span.model) == ([QUESTION], [ANSWER], "from-span")


def test_the_message_events_of_older_conventions_become_messages() -> None:
    span = one_span(
        {"gen_ai.system": "openai", "gen_ai.operation.name": "chat"},
        events=[
            ("gen_ai.system.message", {"content": "Be brief."}),
            ("gen_ai.user.message", {"gen_ai.event.content": '{"role":"user","content":"How much?"}'}),
            (
                "gen_ai.choice",
                {"index": 0, "finish_reason": "stop", "message": '{"role":"assistant","content":"Five."}'},
            ),
        ],
    )
    assert (messages(span.input), messages(span.output)) == ([SYSTEM, QUESTION], [ANSWER])
    assert (span.provider, span.finish_reason) == ("openai", "stop")


def test_the_oldest_events_carry_prompt_and_completion() -> None:
    span = one_span(
        events=[
            ("gen_ai.content.prompt", {"gen_ai.prompt": '[{"role":"user","content":"How much?"}]'}),
            ("gen_ai.content.completion", {"gen_ai.completion": '[{"role":"assistant","content":"Five."}]'}),
        ]
    )
    assert (messages(span.input), messages(span.output)) == ([QUESTION], [ANSWER])


def test_openllmetrys_flattened_messages_and_token_names() -> None:
    span = one_span(
        {
            "llm.request.type": "chat",
            "gen_ai.system": "OpenAI",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.prompt.0.role": "system",
            "gen_ai.prompt.0.content": "Be brief.",
            "gen_ai.prompt.1.role": "user",
            "gen_ai.prompt.1.content": "How much?",
            "gen_ai.completion.0.role": "assistant",
            "gen_ai.completion.0.content": "Five.",
            "gen_ai.completion.0.finish_reason": "stop",
            "gen_ai.completion.0.tool_calls.0.name": "add",
            "gen_ai.completion.0.tool_calls.0.arguments": "{}",
            "gen_ai.usage.prompt_tokens": 11,
            "gen_ai.usage.completion_tokens": 7,
            "llm.usage.total_tokens": 18,
            "traceloop.association.properties.user_id": "u",
            "gen_ai.prompt.prompt_filter_results": "[]",
        }
    )
    assert (span.kind, span.provider, span.input_tokens, span.output_tokens) == ("llm", "openai", 11, 7)
    assert messages(span.input) == [SYSTEM, QUESTION]
    (answer,) = messages(span.output)
    assert (answer["content"], answer["tool_calls"]) == ("Five.", [{"arguments": "{}", "name": "add"}])
    assert (span.finish_reason, span.user_id) == ("stop", "u")
    assert span.tags["gen_ai.prompt.prompt_filter_results"] == "[]"


@pytest.mark.parametrize("kind", ["workflow", "task", "agent", "tool"])
def test_openllmetrys_entities(kind: str) -> None:
    span = one_span(
        {
            "traceloop.span.kind": kind,
            "traceloop.entity.input": "in",
            "traceloop.entity.output": "out",
            "traceloop.workflow.name": "w",
        }
    )
    assert (span.kind, span.input, span.output, span.tags["traceloop.workflow.name"]) == (kind, "in", "out", "w")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("LLM", "llm"),
        ("CHAIN", "workflow"),
        ("AGENT", "agent"),
        ("TOOL", "tool"),
        ("RETRIEVER", "retrieval"),
        ("EMBEDDING", "embedding"),
        ("RERANKER", "retrieval"),
        ("GUARDRAIL", "task"),
        ("EVALUATOR", "task"),
        ("UNKNOWN", "internal"),
    ],
)
def test_openinference_kinds(name: str, kind: str) -> None:
    span = one_span({"openinference.span.kind": name})
    assert (span.kind, span.tags["openinference.span.kind"]) == (kind, name)


def test_openinference_fills_every_column() -> None:
    span = one_span(
        {
            "openinference.span.kind": "LLM",
            "llm.model_name": "claude-x",
            "llm.provider": "anthropic",
            "llm.token_count.prompt": 50,
            "llm.token_count.completion": 9,
            "llm.token_count.prompt_details.cache_read": 30,
            "llm.token_count.prompt_details.cache_write": 4,
            "llm.token_count.completion_details.reasoning": 3,
            "llm.cost.total": 0.0123,
            "llm.prompt_template.version": "v7",
            "session.id": "s",
            "user.id": "u",
            "input.value": '{"messages": []}',
            "input.mime_type": "application/json",
            "output.value": "{}",
            "llm.input_messages.0.message.role": "user",
            "llm.input_messages.0.message.contents.0.message_content.type": "text",
            "llm.input_messages.0.message.contents.0.message_content.text": "How much?",
            "llm.output_messages.0.message.role": "assistant",
            "llm.output_messages.0.message.content": "Five.",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "add",
            "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": "{}",
        }
    )
    assert (span.kind, span.model, span.provider) == ("llm", "claude-x", "anthropic")
    assert (span.input_tokens, span.output_tokens, span.reasoning_tokens) == (50, 9, 3)
    assert (span.cached_input_tokens, span.cache_write_tokens) == (30, 4)
    assert (span.cost_nusd, span.cost_source) == (12_300_000, "reported")
    assert (span.prompt_version, span.session_id, span.user_id) == ("v7", "s", "u")
    assert messages(span.input) == [QUESTION]
    assert messages(span.output) == [ANSWER | {"tool_calls": [{"arguments": "{}", "name": "add"}]}]


def test_openinference_input_and_output_values_serve_where_there_are_no_messages() -> None:
    span = one_span({"openinference.span.kind": "CHAIN", "input.value": "in", "output.value": "out"})
    assert (span.input, span.output) == ("in", "out")


def test_retrieved_documents_are_the_output_of_a_retrieval() -> None:
    span = one_span(
        {
            "openinference.span.kind": "RETRIEVER",
            "input.value": "query",
            "retrieval.documents.1.document.content": "second",
            "retrieval.documents.0.document.content": "first",
            "retrieval.documents.0.document.score": 0.5,
        }
    )
    assert span.input == "query"
    assert messages(span.output) == [{"content": "first", "score": 0.5}, {"content": "second"}]


def test_the_first_token_event_tells_the_time_to_it() -> None:
    assert one_span({"llm.model_name": "m"}, events=[("First Token Stream Event", {})]).ttft_ns == SECOND_NS // 2


@pytest.mark.parametrize(
    ("attributes", "total"),
    [
        # OpenTelemetry, OpenInference, OpenAI: cached tokens are counted in.
        ({"gen_ai.usage.input_tokens": 100, "gen_ai.usage.cache_read.input_tokens": 60}, 100),
        # Anthropic's own numbers, passed on: more cached than "input".
        ({"gen_ai.usage.input_tokens": 12, "gen_ai.usage.cache_read.input_tokens": 1000}, 1012),
        # Bedrock's: the total only adds up with the cached tokens on top.
        (
            {
                "gen_ai.usage.input_tokens": 100,
                "gen_ai.usage.output_tokens": 40,
                "gen_ai.usage.cache_read_input_tokens": 60,
                "gen_ai.usage.total_tokens": 200,
            },
            160,
        ),
    ],
)
def test_input_tokens_are_all_input_tokens(attributes: dict[str, int], total: int) -> None:
    assert one_span(attributes).input_tokens == total


@pytest.mark.parametrize("absurd", [-5, float("nan"), float("inf"), 1.5, "many", True, 2.0**63, [1]])
def test_a_count_that_makes_no_sense_is_a_count_nobody_reported(absurd: Any) -> None:
    span = one_span({"gen_ai.usage.input_tokens": absurd, "gen_ai.request.model": "m"})
    assert (span.input_tokens, span.model) == (None, "m")


@pytest.mark.parametrize("absurd", [-1.0, float("nan"), float("inf"), 1e300])
def test_a_cost_that_makes_no_sense_is_unknown_and_not_zero(absurd: float) -> None:
    span = one_span({"openinference.span.kind": "LLM", "llm.cost.total": absurd})
    assert (span.cost_nusd, span.cost_source) == (None, "")


def test_a_span_that_names_a_model_and_counts_tokens_is_a_generation() -> None:
    assert one_span({"gen_ai.request.model": "m", "gen_ai.usage.output_tokens": 3}, kind=3).kind == "llm"


def test_the_gateways_spans_fill_lrcps_own_columns() -> None:
    attributes = {
        "lrcp.kind": "llm",
        "lrcp.route": "fast",
        "lrcp.cache": "semantic",
        "lrcp.attempts": 2,
        "lrcp.cost_nusd": 1234,
        "lrcp.cost_source": "computed",
        "lrcp.ttft_ns": 5_000_000,
    }
    span = one_span(attributes, scope="lrcp.gateway")
    assert (span.source, span.kind, span.route, span.cache, span.attempts) == ("gateway", "llm", "fast", "semantic", 2)
    assert (span.cost_nusd, span.cost_source, span.ttft_ns) == (1234, "computed", 5_000_000)
    assert one_span(attributes).source == "otlp"
    assert one_span(resource={"lrcp.source": "gateway"}).source == "gateway"


def test_lrcps_columns_take_only_their_own_words() -> None:
    span = one_span({"lrcp.kind": "wizard", "lrcp.cache": "maybe", "lrcp.attempts": 1_000_000, "lrcp.cost_source": "x"})
    assert (span.kind, span.cache, span.attempts, span.cost_source) == ("internal", "", 0, "")
    assert span.tags["lrcp.kind"] == "wizard"


def test_an_input_over_the_bound_is_cut_and_marked() -> None:
    span = one_span({"input.value": "é" * 1_000_000, "output.value": "short"})
    assert len(span.input.encode()) <= 1024 * 1024
    assert span.input.endswith("[cut]")
    assert (span.tags["lrcp.cut"], span.output) == ("input", "short")


def test_every_kind_that_a_convention_can_give_is_a_kind_of_ours() -> None:
    readers = {source.read for source in SOURCES.values() if source.column == "kind"}
    words = ["llm", "chain", "agent", "tool", "retriever", "chat", "embeddings", "workflow", "server", "web"]
    assert {kind for read in readers for word in words if (kind := read(word))} <= SPAN_KINDS


def test_a_second_span_without_llm_attributes_is_not_touched_by_the_first() -> None:
    decoders = Decoders()
    decoders.traces(trace_request({"gen_ai.operation.name": "chat", "input.value": "x"}))
    (span,) = decoders.traces(trace_request()).batch.spans
    assert (span.kind, span.input) == ("internal", "")


def test_the_model_that_was_asked_for_is_found_among_the_parameters_of_the_call() -> None:
    asked = {"openinference.span.kind": "LLM", "llm.invocation_parameters": '{"model": "gpt-x", "seed": 1}'}
    assert one_span(asked).model == "gpt-x"
    span = one_span(asked | {"llm.model_name": "gpt-x-2026"})
    assert (span.model, span.response_model) == ("gpt-x", "gpt-x-2026")
    assert one_span({"llm.invocation_parameters": "[1", "llm.model_name": "m"}).model == "m"


def test_what_was_embedded_is_kept_and_the_vectors_are_not() -> None:
    span = one_span(
        {
            "openinference.span.kind": "EMBEDDING",
            "embedding.embeddings.0.embedding.text": "a",
            "embedding.embeddings.0.embedding.vector": [0.5] * 100,
            "output.value": "[0.5]",
        }
    )
    assert (span.kind, span.input, span.output, "vector" in str(span.tags)) == ("embedding", '["a"]', "", False)


def test_messages_that_are_no_json_are_kept_as_the_text_they_are() -> None:
    span = one_span({"gen_ai.input.messages": '[{"role": "us...[cut]', "gen_ai.output.messages": "Five."})
    assert (span.input, span.output) == ('[{"role": "us...[cut]', "Five.")
    span = one_span({"gen_ai.input.messages": "How much?", "gen_ai.system_instructions": "Be brief."})
    assert messages(span.input) == [SYSTEM, QUESTION]


def test_the_finish_reasons_of_several_choices_are_each_named_once() -> None:
    assert one_span({"gen_ai.response.finish_reasons": ["stop", "length", "stop"]}).finish_reason == "stop,length"

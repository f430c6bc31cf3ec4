"""Requests and answers of chat completions by example: what they become, and what is refused where."""

import json
from typing import Any

import pytest

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.format import EmbeddingReply, EmbeddingRequest, ModelCall
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT, OPENAI_EMBEDDINGS
from lrcp.model.errors import InputError

CODEC = OPENAI_CHAT.chat
EMBEDDING = OPENAI_EMBEDDINGS.embeddings
assert CODEC is not None
assert EMBEDDING is not None
CALL = ModelCall("chat", "m", streams=False, prompt=b"")
ASK = [{"role": "user", "content": "hi"}]


def parse(**members: Any) -> chat.ChatRequest:
    assert CODEC is not None
    return CODEC.parse_request(json.dumps({"model": "m", "messages": ASK, **members}).encode(), CALL)


def render(request: chat.ChatRequest) -> dict[str, Any]:
    assert CODEC is not None
    body: dict[str, Any] = json.loads(CODEC.render_request(request, "m"))
    return body


def read_stream(*chunks: dict[str, Any]) -> list[chat.Delta]:
    assert CODEC is not None
    parser = CODEC.new_parser()
    return [step for chunk in chunks for step in parser.feed(b"data: " + json.dumps(chunk).encode() + b"\n\n")]


def test_messages_become_turns_that_alternate() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    request = parse(
        messages=[
            {"role": "system", "content": "one"},
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "42"}]},
            {"role": "user", "content": "and?"},
            {"role": "developer", "content": "two"},
        ]
    )
    assert request.system == ["one", "two"]
    assert request.turns == [
        chat.Turn("user", [chat.Text("hi")]),
        chat.Turn("assistant", [chat.ToolCall("c1", "f", "{}")]),
        chat.Turn("user", [chat.ToolResult("c1", [chat.Text("42")]), chat.Text("and?")]),
    ]


def test_geminis_signature_goes_to_the_client_and_comes_back_with_the_call() -> None:
    assert CODEC is not None
    call = chat.ToolCall("c1", "f", "{}", signature="c2ln")
    reply = chat.ChatReply(id="r", model="m", parts=[call], stop="tool")
    message = json.loads(CODEC.render_reply(reply))["choices"][0]["message"]
    del message["refusal"]
    assert parse(messages=[*ASK, message]).turns[-1].parts == [call]
    assert "extra_content" not in json.dumps(render(parse(messages=[*ASK, message])))


@pytest.mark.parametrize("shown", [{"reasoning_content": "hm"}, {"reasoning": "hm", "reasoning_details": [{}]}])
def test_an_answer_can_be_sent_back_as_its_client_keeps_it(shown: dict[str, Any]) -> None:
    kept = {"role": "assistant", "content": "so", "refusal": None, "annotations": [], "audio": None, **shown}
    assert parse(messages=[*ASK, kept]).turns[-1].parts == [chat.Thinking("hm"), chat.Text("so")]


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "$.messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": "x", "name": "Ann"}]}, "$.messages[0].name"),
        ({"messages": [{"role": "function", "content": "x"}]}, "$.messages[0].role"),
        ({"messages": [{"role": "system", "content": "x"}]}, "$.messages"),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]},
            "$.messages[0].content[0].file.file_id",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:x,y"}}]}]},
            "$.messages[0].content[0].image_url.url",
        ),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "$.tools[0].type"),
        ({"tool_choice": {"type": "allowed_tools"}}, "$.tool_choice.type"),
        ({"response_format": {"type": "grammar"}}, "$.response_format.type"),
        ({"reasoning_effort": "xhigh"}, "$.reasoning_effort"),
        ({"temperature": "hot"}, "$.temperature"),
        ({"n": True}, "$.n"),
        ({"verbosity": "low"}, "$.verbosity"),
        ({"something_new": 1}, "$.something_new"),
    ],
)
def test_what_has_no_counterpart_is_refused_with_its_place(members: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(**members)
    assert str(caught.value).startswith(f"{place}: ")


def test_what_does_not_change_the_answer_is_left_out() -> None:
    assert parse(metadata={"a": "b"}, prompt_cache_key="k", n=1, logprobs=False, store=False, user=None) == parse()


@pytest.mark.parametrize(
    ("budget", "effort"), [(0, "none"), (1024, "low"), (4096, "medium"), (32_000, "high"), (-1, None)]
)
def test_a_budget_of_thinking_tokens_becomes_the_nearest_effort(budget: int, effort: str | None) -> None:
    request = chat.ChatRequest(model="m", turns=[chat.Turn("user", [chat.Text("hi")])], reasoning_tokens=budget)
    assert render(request).get("reasoning_effort") == effort


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (chat.ChatRequest(model="m", turns=[], top_k=3), "top_k"),
        (
            chat.ChatRequest(model="m", turns=[chat.Turn("user", [chat.Media("file", url="https://a.example/x")])]),
            "address",
        ),
        (chat.ChatRequest(model="m", turns=[chat.Turn("user", [chat.Media("audio", "audio/ogg", "AA")])]), "audio/ogg"),
        (
            chat.ChatRequest(
                model="m", turns=[chat.Turn("user", [chat.ToolResult("c", [chat.Media("image", "image/png", "AA")])])]
            ),
            "result of a tool",
        ),
    ],
)
def test_what_chat_completions_cannot_say_is_refused(request_: chat.ChatRequest, word: str) -> None:
    with pytest.raises(InputError, match=word):
        render(request_)


def test_a_refusal_of_the_model_is_told_as_one() -> None:
    assert CODEC is not None
    message = {"role": "assistant", "content": None, "refusal": "I will not."}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    reply = CODEC.parse_reply(body)
    assert (reply.parts, reply.stop) == ([chat.Text("I will not.")], "refusal")
    assert json.loads(CODEC.render_reply(reply))["choices"][0]["message"]["refusal"] == "I will not."


def test_usage_that_hides_reasoning_in_the_total_counts_it_as_output() -> None:
    assert CODEC is not None
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 40}
    body = {"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": usage}
    assert CODEC.parse_reply(json.dumps(body).encode()).usage == TokenUsage(10, 30, None, None, 25)


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"choices": []}', b'{"choices": [{"message": 1}]}', b"[1]"])
def test_what_is_no_answer_is_the_providers_failure(body: bytes) -> None:
    assert CODEC is not None
    with pytest.raises(UpstreamError):
        CODEC.parse_reply(body)


def test_calls_without_an_index_are_told_apart_by_their_ids() -> None:
    calls = [{"id": i, "function": {"name": "f", "arguments": "{}"}} for i in ("a", "b")]
    steps = read_stream(*({"choices": [{"delta": {"tool_calls": [call]}}]} for call in calls))
    started = [step for step in steps if isinstance(step, chat.ToolCallStarted)]
    assert [(call.index, call.id) for call in started] == [(0, "a"), (1, "b")]


def test_an_error_in_a_stream_ends_it() -> None:
    assert read_stream({"error": {"type": "server_error", "message": "gone"}}) == [
        chat.StreamFailed("server_error", "gone")
    ]


def test_embeddings_are_read_in_the_order_of_their_texts_in_either_encoding() -> None:
    assert EMBEDDING is not None
    rows = [{"index": 1, "embedding": "AAAAPwAAgD4="}, {"index": 0, "embedding": [1, 2]}]
    reply = EMBEDDING.parse_reply(json.dumps({"data": rows, "usage": {"prompt_tokens": 3}}).encode())
    assert reply == EmbeddingReply("", [[1.0, 2.0], [0.5, 0.25]], 3)
    packed = json.loads(EMBEDDING.render_reply(reply, b'{"encoding_format": "base64"}'))
    assert packed["data"][1]["embedding"] == "AAAAPwAAgD4="


def test_a_request_for_embeddings_survives_and_token_ids_do_not() -> None:
    assert EMBEDDING is not None
    request = EmbeddingRequest(["a", "b"], 7, "u")
    assert EMBEDDING.parse_request(EMBEDDING.render_request(request, "m"), CALL) == request
    for given in ([1, 2], [[1]], [], 7):
        with pytest.raises(InputError, match=r"\$\.input"):
            EMBEDDING.parse_request(json.dumps({"input": given}).encode(), CALL)


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"data": [{"embedding": "AAA"}]}', b'{"data": [{"embedding": ["x"]}]}']
)
def test_what_holds_no_vectors_is_the_providers_failure(body: bytes) -> None:
    assert EMBEDDING is not None
    with pytest.raises(UpstreamError, match="no vectors"):
        EMBEDDING.parse_reply(body)

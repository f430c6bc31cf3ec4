"""Responses by example: what is read of them as they pass, what they become, and what is refused where."""

import json
from typing import Any

import pytest

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.format import ModelCall
from lrcp.gateway.wire.responses.format import OPENAI_RESPONSES
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.transcript import Transcript
from lrcp.model.errors import InputError

CODEC = OPENAI_RESPONSES.chat
assert CODEC is not None
CALL = ModelCall("chat", "m", streams=False, prompt=b"")
USAGE = {
    "input_tokens": 10,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 17,
}


def parse(**members: Any) -> chat.ChatRequest:
    assert CODEC is not None
    return CODEC.parse_request(json.dumps({"model": "m", "input": "hi", **members}).encode(), CALL)


def event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()


@pytest.mark.parametrize(
    ("body", "prompt"),
    [
        (b'{"input": "hi"}', '"hi"'),
        (b'{"input": [ {"role":"user", "content":"hi"}]}', '[ {"role":"user", "content":"hi"}]'),
        (
            b'{"instructions": "Be brief.", "input": "hi"}',
            '[{"role":"system","content":"Be brief."},{"role":"user","content":"hi"}]',
        ),
        (b'{"instructions": "a", "input": [ ]}', '[{"role":"system","content":"a"}]'),
        (b'{"instructions": "a", "input": [{"x": 1}]}', '[{"role":"system","content":"a"},{"x": 1}]'),
        (b'{"instructions": "a"}', '[{"role":"system","content":"a"}]'),
    ],
)
def test_the_prompt_is_what_the_model_is_given_instructions_first(body: bytes, prompt: str) -> None:
    assert OPENAI_RESPONSES.decode_call("/v1/responses", body).prompt == prompt.encode()


def test_a_call_is_read_and_renamed_with_every_other_byte_kept() -> None:
    body = b'{"model":"a/m","stream":true,"max_output_tokens":9,"temperature":1.50,"input":"h\\u00e9"}'
    call = OPENAI_RESPONSES.decode_call("/v1/responses", body)
    assert (call.model, call.streams, call.max_tokens, call.asks_usage) == ("a/m", True, 9, True)
    assert OPENAI_RESPONSES.fit_body(body, call, "m") == body.replace(b"a/m", b"m")
    assert OPENAI_RESPONSES.fit_body(body, call, "a/m") is body
    with pytest.raises(InputError):
        OPENAI_RESPONSES.decode_call("/v1/responses", b'{"stream": "yes"}')


def test_a_whole_response_is_measured() -> None:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]},
        {"type": "message", "content": [{"type": "output_text", "text": "so"}, {"type": "refusal", "refusal": "no"}]},
        {"type": "function_call", "name": "f", "arguments": "{}"},
    ]
    transcript = Transcript(1000)
    body = {"model": "m-1", "status": "completed", "output": output, "usage": USAGE, "service_tier": "flex"}
    OPENAI_RESPONSES.read_body(transcript, json.dumps(body).encode())
    assert transcript.usage == TokenUsage(10, 7, 4, None, 3, service_tier="flex")
    assert (transcript.model, transcript.finish_reasons) == ("m-1", ["tool_calls"])
    (message,) = json.loads(transcript.output_json())
    assert message["content"] == "sono"
    assert message["tool_calls"][0]["function"] == {"name": "f", "arguments": "{}"}


def test_a_stream_is_measured_event_by_event() -> None:
    transcript = Transcript(1000)
    for data in (
        event("response.created", response={"model": "m-1", "status": "in_progress", "usage": None}),
        event("response.reasoning_summary_text.delta", delta="hm"),
        event("response.output_text.delta", delta="so"),
        event("response.output_item.added", item={"type": "function_call", "name": "f", "arguments": ""}),
        event("response.function_call_arguments.delta", delta='{"a":1}'),
        event(
            "response.incomplete",
            response={"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "usage": USAGE},
        ),
    ):
        assert OPENAI_RESPONSES.read_event(transcript, data) is False
    assert (transcript.usage, transcript.finish_reasons) == (TokenUsage(10, 7, 4, None, 3), ["max_output_tokens"])
    assert transcript.complete
    assert transcript.output_tokens() > 0
    assert '{\\"a\\":1}' in transcript.output_json()


@pytest.mark.parametrize(
    "data",
    [
        event("error", code="server_error", message="gone"),
        event("error", error={"type": "server_error", "code": "server_error", "message": "gone"}),
        event("response.failed", response={"status": "failed", "error": {"code": "server_error", "message": "gone"}}),
    ],
)
def test_every_form_of_failure_in_a_stream_is_seen_and_translated(data: bytes) -> None:
    assert CODEC is not None
    transcript = Transcript(1000)
    OPENAI_RESPONSES.read_event(transcript, data)
    assert transcript.error["message"] == "gone"
    assert [*CODEC.new_parser().feed(data)] == [chat.StreamFailed("server_error", "gone")]


def test_bytes_that_are_no_event_pass_unmeasured() -> None:
    transcript = Transcript(1000)
    for data in (b": ping\n\n", b"data: \xff\n\n", b"data: [DONE]\n\n", b'data: {"type": 7}\n\n'):
        assert OPENAI_RESPONSES.read_event(transcript, data) is False
    OPENAI_RESPONSES.read_body(transcript, b"<html>")
    assert transcript.usage is None


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "$.input[0].content[0].type"),
        ({"input": [{"type": "computer_call"}]}, "$.input[0].type"),
        ({"input": [{"role": "critic", "content": "x"}]}, "$.input[0].role"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
            "$.input[0].content[0].image_url",
        ),
        ({"tools": [{"type": "file_search"}]}, "$.tools[0].type"),
        ({"tool_choice": {"type": "mcp"}}, "$.tool_choice.type"),
        ({"text": {"verbosity": "low"}}, "$.text.verbosity"),
        ({"reasoning": {"effort": "max"}}, "$.reasoning.effort"),
        ({"reasoning": {"context": "all_turns"}}, "$.reasoning.context"),
        ({"something_new": 1}, "$.something_new"),
    ],
)
def test_what_has_no_counterpart_is_refused_with_its_place(members: dict[str, Any], place: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(**members)
    assert str(caught.value).startswith(f"{place}: ")


@pytest.mark.parametrize("name", ["top_k", "stop", "seed", "presence_penalty", "frequency_penalty"])
def test_what_responses_cannot_say_is_refused_by_name(name: str) -> None:
    assert CODEC is not None
    member: dict[str, Any] = {name: ["x"] if name == "stop" else 1}
    request = chat.ChatRequest(model="m", turns=[], **member)
    with pytest.raises(InputError, match=name):
        CODEC.render_request(request, "m")


def test_a_request_is_not_kept_by_openai() -> None:
    assert CODEC is not None
    assert json.loads(CODEC.render_request(parse(), "m"))["store"] is False


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"output": [], "status": "failed", "error": {"message": "x"}}'])
def test_what_is_no_answer_is_the_providers_failure(body: bytes) -> None:
    assert CODEC is not None
    with pytest.raises(UpstreamError):
        CODEC.parse_reply(body)


def test_arguments_that_come_by_turns_end_up_with_their_own_calls() -> None:
    assert CODEC is not None
    renderer = CODEC.new_renderer(chat.ChatRequest(model="m", turns=[]))
    steps: list[chat.Delta] = [
        chat.Started("r", "m"),
        chat.ToolCallStarted(0, "a", "f"),
        chat.ToolCallStarted(1, "b", "g"),
        chat.ToolArgumentsDelta(0, "{"),
        chat.ToolArgumentsDelta(1, "[1"),
        chat.ToolArgumentsDelta(0, "}"),
        chat.ToolArgumentsDelta(1, "]"),
        chat.Finished("tool"),
    ]
    data = b"".join(map(renderer.feed, steps)) + renderer.finish()
    events = [json.loads(one.split(b"data: ")[1]) for one in EventSplitter(10**6).feed(data)]
    assert [one["sequence_number"] for one in events] == list(range(len(events)))
    calls = events[-1]["response"]["output"]
    assert [(call["call_id"], call["arguments"]) for call in calls] == [("a", "{}"), ("b", "[1]")]


def test_a_stream_that_fails_ends_with_an_error_and_nothing_after_it() -> None:
    assert CODEC is not None
    renderer = CODEC.new_renderer(chat.ChatRequest(model="m", turns=[]))
    data = renderer.feed(chat.StreamFailed("overloaded_error", "busy"))
    assert json.loads(data.split(b"data: ")[1])["error"]["message"] == "busy"
    assert renderer.finish() == b""

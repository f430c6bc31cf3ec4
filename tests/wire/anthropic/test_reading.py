"""What the gateway reads of Anthropic's calls and answers for telemetry, and the one value it changes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic.errors import error_of, render_error, render_error_event
from lrcp.gateway.wire.anthropic.formats import ANTHROPIC_COUNT_TOKENS as COUNT
from lrcp.gateway.wire.anthropic.formats import ANTHROPIC_MESSAGES as MESSAGES
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.transcript import Transcript
from lrcp.model.errors import InputError
from tests.wire.anthropic import payloads

BODY = b'{"max_tokens":1.5e1, "system" : "Be \\u006bind.","model":"m","messages":[ {"role":"user","content":"Hi"}]}'
COUNTED = TokenUsage(120, 24, 70, 10, 9, 2, 1, "priority")


def test_a_call_is_read_with_the_system_prompt_as_its_first_message() -> None:
    call = MESSAGES.decode_call("/v1/messages", BODY.replace(b"1.5e1", b'16,"stream":true'))
    assert (call.operation, call.model, call.streams, call.asks_usage, call.max_tokens) == ("chat", "m", True, True, 16)
    assert json.loads(call.prompt) == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
    ]


@pytest.mark.parametrize(
    ("body", "prompt"),
    [
        (b'{"messages":[ 1 ]}', b"[ 1 ]"),
        (b'{"messages":[],"system":"s"}', b'[{"role":"system","content":"s"}]'),
        (b'{"messages":[1],"system":null}', b"[1]"),
        (b'{"messages":7,"system":"s"}', b"7"),
        (b"{}", b""),
    ],
)
def test_the_prompt_is_valid_json_where_the_messages_are(body: bytes, prompt: bytes) -> None:
    assert COUNT.decode_call("/v1/messages/count_tokens", body).prompt == prompt


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"model":1}', b'{"stream":"yes"}', b'{"max_tokens":"9"}', b"\xff"]
)
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="not a valid request"):
        MESSAGES.decode_call("/v1/messages", body)


def test_only_the_models_name_is_changed() -> None:
    body = b'{"max_tokens": 15,"system" : "Be \\u006bind.","model":"m","messages":[ {"role" :"user"}],"x":1.500}'
    call = MESSAGES.decode_call("/v1/messages", body)
    assert MESSAGES.fit_body(body, call, "m") is body
    fitted = MESSAGES.fit_body(body, call, "claude")
    assert json.loads(fitted)["model"] == "claude"
    for kept in (b'"Be \\u006bind."', b'[ {"role" :"user"}]', b"1.500"):
        assert kept in fitted


def test_a_whole_answer_is_measured() -> None:
    transcript = Transcript(1000)
    MESSAGES.read_body(transcript, payloads.message())
    assert transcript.model == "claude-opus-5-5"
    assert (transcript.finish_reasons, transcript.done) == (["tool_use"], True)
    assert transcript.usage == COUNTED
    [said] = json.loads(transcript.output_json())
    assert said["content"] == "Let me look."
    assert json.loads(said["tool_calls"][0]["function"]["arguments"]) == {"city": "Köln", "days": 1.5}


def test_a_stream_is_measured_like_the_whole_answer() -> None:
    transcript = Transcript(1000)
    usage_only = [MESSAGES.read_event(transcript, event) for event in payloads.stream()]
    assert not any(usage_only)
    assert (transcript.model, transcript.usage, transcript.done) == ("claude-opus-5-5", COUNTED, True)
    [said] = json.loads(transcript.output_json())
    assert said["content"] == "Let me look."
    assert [call["function"]["name"] for call in said["tool_calls"]] == ["weather", "now"]
    assert said["tool_calls"][0]["function"]["arguments"] == '{"city": "Köln", "days": 1.50}'


def test_a_cut_stream_tells_its_input_and_does_not_take_the_first_piece_for_all_output() -> None:
    transcript = Transcript(1000)
    for event in payloads.stream()[:12]:
        MESSAGES.read_event(transcript, event)
    assert transcript.usage == TokenUsage(120, None, 70, 10, None, 2, 1, "priority")
    assert not transcript.complete


def test_later_counts_of_a_stream_replace_earlier_ones() -> None:
    transcript = Transcript(1000)
    for event in payloads.stream()[:-2]:
        MESSAGES.read_event(transcript, event)
    final = {"type": "message_delta", "delta": {}, "usage": {"input_tokens": 50, "output_tokens": 30}}
    MESSAGES.read_event(transcript, payloads.event(final))
    assert transcript.usage == TokenUsage(130, 30, 70, 10, None, 2, 1, "priority")


def test_writes_to_the_cache_are_summed_where_only_their_lifetimes_are_told() -> None:
    transcript = Transcript(1000)
    split = {"ephemeral_5m_input_tokens": 8, "ephemeral_1h_input_tokens": 2}
    usage = {"input_tokens": 5, "output_tokens": 1, "cache_creation": split}
    MESSAGES.read_body(transcript, payloads.message(usage=usage))
    assert transcript.usage == TokenUsage(15, 1, None, 10, None, 2)


def test_counts_of_nothing_are_not_counts() -> None:
    assert MESSAGES.chat is not None
    reply = chat.ChatReply(id="i", model="m", parts=[chat.Text("Hi")], stop="end")
    transcript = Transcript(1000)
    MESSAGES.read_body(transcript, MESSAGES.chat.render_reply(reply))
    renderer = MESSAGES.chat.new_renderer(chat.ChatRequest(model="m", turns=[]))
    steps: list[chat.Delta] = [chat.Started("i", "m"), chat.TextDelta("Hi"), chat.Finished("end")]
    for event in EventSplitter(10**6).feed(b"".join(map(renderer.feed, steps)) + renderer.finish()):
        MESSAGES.read_event(transcript, event)
    assert (transcript.usage, transcript.done) == (None, True)


def test_an_error_in_a_stream_is_its_end() -> None:
    transcript = Transcript(1000)
    MESSAGES.read_event(transcript, render_error_event(529, "too many", "", ""))
    assert transcript.error == {"type": "overloaded_error", "message": "too many"}
    assert transcript.complete


@pytest.mark.parametrize("counts", [{"input_tokens": -1}, {"input_tokens": 10**30}, {"output_tokens": None}, {}])
def test_counts_that_cannot_be_are_not_taken(counts: dict[str, int]) -> None:
    transcript = Transcript(1000)
    MESSAGES.read_body(transcript, payloads.message(usage=counts))
    assert transcript.usage is None or transcript.usage == TokenUsage()


@given(st.binary(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_what_is_not_understood_passes_unmeasured(data: object) -> None:
    body = data if isinstance(data, bytes) else json.dumps({"content": data, "usage": data, "delta": data}).encode()
    transcript = Transcript(100)
    MESSAGES.read_body(transcript, body)
    MESSAGES.read_event(transcript, b"event: x\ndata: " + body + b"\n\n")
    error_of(body)
    MESSAGES.estimate_prompt_tokens(body)


def test_a_prompt_is_estimated_by_its_words_and_not_by_its_pictures() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 400_000}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "x" * 400}, picture]}
    prompt = json.dumps([{"role": "user", "content": [result]}, {"role": "assistant", "content": "y" * 40}]).encode()
    assert MESSAGES.estimate_prompt_tokens(prompt) == 4 + 100 + 1600 + 4 + 10


def test_deeply_nested_content_is_no_trouble() -> None:
    nested = b'[{"role":"user","content":' + b'[{"content":' * 400 + b'""' + b"}]" * 400 + b"}]"
    assert MESSAGES.estimate_prompt_tokens(nested) == 4


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (422, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "overloaded_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_an_error_has_anthropics_type_for_its_status(status: int, kind: str) -> None:
    body = render_error(status, "no", "rate_limit_error", "budget_exceeded")
    assert json.loads(body) == {"type": "error", "error": {"type": kind, "message": "no", "code": "budget_exceeded"}}
    assert error_of(body) == (kind, "no")


def test_an_error_that_is_not_anthropics_is_told_by_its_beginning() -> None:
    assert error_of(b"<html>Bad gateway") == ("", "<html>Bad gateway")
    assert error_of(b'{"error":"down"}') == ("", "down")

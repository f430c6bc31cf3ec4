"""Gemini's replies and streams to the gateway's records and back."""

import json
from typing import Any

import pytest

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire.chat import (
    ChatReply,
    ChatRequest,
    Delta,
    Finished,
    Media,
    Started,
    StreamFailed,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    ToolArgumentsDelta,
    ToolCall,
    ToolCallStarted,
    UsageKnown,
)
from lrcp.gateway.wire.gemini.formats import GEMINI_GENERATE
from lrcp.gateway.wire.sse import event_data
from tests.wire.gemini.payloads import REPLY

CODEC = GEMINI_GENERATE.chat
assert CODEC is not None
USAGE = TokenUsage(105, 50, 40, None, 30, service_tier="priority")


def event(body: Any) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\r\n\r\n"


def chunk(*parts: dict[str, Any], **members: Any) -> bytes:
    reason = members.pop("finishReason", None)
    candidate = {"content": {"role": "model", "parts": list(parts)}, **({"finishReason": reason} if reason else {})}
    return event({"candidates": [candidate], "modelVersion": "m-2", "responseId": "r-1", **members})


def parse_stream(*events: bytes) -> list[Delta]:
    parser = CODEC.new_parser()
    return [delta for one in events for delta in parser.feed(one)]


def render_stream(*deltas: Delta) -> list[dict[str, Any]]:
    renderer = CODEC.new_renderer(ChatRequest(model="m-1", turns=[]))
    data = b"".join([*(renderer.feed(delta) for delta in deltas), renderer.finish()])
    return [json.loads(event_data(one)) for one in data.split(b"\r\n\r\n") if one]


def test_a_reply_is_read() -> None:
    call = ToolCall("call_r-1_0", "track", '{"parcel":"P-7"}', "c2ln")
    assert CODEC.parse_reply(json.dumps(REPLY).encode()) == ChatReply(
        id="r-1",
        model="gemini-2.5-flash-002",
        parts=[Thinking("Looking."), Text("One moment."), call],
        stop="tool",
        usage=USAGE,
        created_s=1_795_168_800,
    )


def test_a_reply_is_written_as_google_does() -> None:
    written = json.loads(CODEC.render_reply(CODEC.parse_reply(json.dumps(REPLY).encode())))
    [candidate] = written["candidates"]
    thought, text, call = candidate["content"]["parts"]
    assert (thought, text) == ({"text": "Looking.", "thought": True}, {"text": "One moment."})
    assert call["functionCall"] == {"id": "call_r-1_0", "name": "track", "args": {"parcel": "P-7"}}
    assert candidate["finishReason"] == "STOP"
    assert written["createTime"] == "2026-11-20T10:00:00Z"
    assert written["usageMetadata"] == {
        "promptTokenCount": 105,
        "candidatesTokenCount": 20,
        "thoughtsTokenCount": 30,
        "cachedContentTokenCount": 40,
        "totalTokenCount": 155,
    }


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("STOP", "end"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "filter"),
        ("PROHIBITED_CONTENT", "filter"),
        ("OTHER", "end"),
        ("A_NEW_ONE", "end"),
    ],
)
def test_reasons_to_stop_are_read(reason: str, stop: str) -> None:
    reply = {"candidates": [{"finishReason": reason}]}
    assert CODEC.parse_reply(json.dumps(reply).encode()).stop == stop


def test_a_refused_prompt_is_a_filtered_answer() -> None:
    reply = CODEC.parse_reply(b'{"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"promptTokenCount":4}}')
    assert (reply.parts, reply.stop, reply.usage) == ([], "filter", TokenUsage(4))


def test_a_picture_that_was_made_is_read() -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": "-_8="}}
    reply = CODEC.parse_reply(json.dumps({"candidates": [{"content": {"parts": [part]}}]}).encode())
    assert reply.parts == [Media("image", "image/png", "+/8=")]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"candidates":[]}', b'{"candidates":5}', b"[1]"])
def test_what_is_no_reply_is_the_providers_fault(body: bytes) -> None:
    with pytest.raises(UpstreamError, match="no reply"):
        CODEC.parse_reply(body)


@pytest.mark.parametrize(
    ("stop", "arguments", "reason", "calls"),
    [
        ("tool", '{"a":1}', "STOP", 1),
        ("tool", "", "STOP", 1),
        ("tool", '{"a":', "MALFORMED_FUNCTION_CALL", 0),
        ("length", '{"a":', "MAX_TOKENS", 0),
    ],
)
def test_a_call_with_broken_arguments_is_left_out_and_said(stop: Any, arguments: str, reason: str, calls: int) -> None:
    reply = ChatReply(id="", model="m", parts=[ToolCall("1", "f", arguments)], stop=stop)
    [candidate] = json.loads(CODEC.render_reply(reply))["candidates"]
    assert (candidate["finishReason"], len(candidate["content"]["parts"])) == (reason, calls)
    started, fragment = ToolCallStarted(0, "1", "f"), ToolArgumentsDelta(0, arguments)
    [last] = render_stream(Started("r", "m"), started, fragment, Finished(stop))
    assert last["candidates"] == [{**candidate, "index": 0}]


@pytest.mark.parametrize(
    ("stop", "reason"), [("filter", "SAFETY"), ("refusal", "SAFETY"), ("stop_sequence", "STOP"), (None, "OTHER")]
)
def test_reasons_to_stop_are_written(stop: Any, reason: str) -> None:
    [candidate] = json.loads(CODEC.render_reply(ChatReply(id="", model="m", parts=[], stop=stop)))["candidates"]
    assert candidate["finishReason"] == reason


def test_a_stream_is_read_step_by_step() -> None:
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 2}
    steps = parse_stream(
        chunk({"text": "hm", "thought": True}, usageMetadata={"promptTokenCount": 3}),
        b": a comment\r\n\r\n",
        chunk({"text": "a"}),
        chunk({"functionCall": {"id": "x", "name": "f", "args": {"b": 1}}}, {"functionCall": {"name": "g"}}),
        chunk({"text": ""}, finishReason="STOP", usageMetadata=usage),
        chunk(usageMetadata={**usage, "candidatesTokenCount": 4}),
    )
    assert steps == [
        Started("r-1", "m-2"),
        ThinkingDelta("hm"),
        TextDelta("a"),
        ToolCallStarted(0, "x", "f"),
        ToolArgumentsDelta(0, '{"b":1}'),
        ToolCallStarted(1, "call_r-1_1", "g"),
        ToolArgumentsDelta(1, "{}"),
        UsageKnown(TokenUsage(3, 2)),
        Finished("tool"),
        UsageKnown(TokenUsage(3, 4)),
    ]


def test_a_picture_has_no_place_in_a_translated_stream() -> None:
    with pytest.raises(UpstreamError, match="a stream cannot hold Media"):
        parse_stream(chunk({"inlineData": {"mimeType": "image/png", "data": "AA=="}}))


def test_an_answers_sound_of_an_untold_type_is_the_providers_fault() -> None:
    with pytest.raises(UpstreamError, match="media type"):
        CODEC.render_reply(ChatReply(id="", model="m", parts=[Media("audio", data="AA==")], stop="end"))


def test_a_stream_of_a_refused_prompt_ends_filtered() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "m", "responseId": "r"}
    assert parse_stream(event(blocked)) == [Started("r", "m"), Finished("filter")]


@pytest.mark.parametrize(
    ("error", "failed"),
    [
        ({"code": 503, "message": "later", "status": "UNAVAILABLE"}, StreamFailed("UNAVAILABLE", "later")),
        ({"code": 503}, StreamFailed("503", "")),
        ("later", StreamFailed("INTERNAL", "later")),
    ],
)
def test_a_stream_that_fails_says_so(error: Any, failed: StreamFailed) -> None:
    assert parse_stream(event({"error": error})) == [failed]


def test_a_stream_is_written_with_calls_and_counts_in_its_last_chunk() -> None:
    words, more, last = render_stream(
        Started("r-1", "m-2"),
        ThinkingDelta("hm", "sig"),
        ThinkingDelta("", "sig"),
        TextDelta("a"),
        ToolCallStarted(0, "x", "f", "c2ln"),
        ToolCallStarted(1, "y", "g"),
        ToolArgumentsDelta(1, "{}"),
        ToolArgumentsDelta(0, '{"b"'),
        ToolArgumentsDelta(0, ":1}"),
        Finished("tool"),
        UsageKnown(TokenUsage(3, 2)),
    )
    assert words["candidates"][0]["content"]["parts"] == [{"text": "hm", "thought": True}]
    assert more["candidates"][0]["content"]["parts"] == [{"text": "a"}]
    assert "usageMetadata" not in more
    assert (last["modelVersion"], last["responseId"]) == ("m-2", "r-1")
    assert last["candidates"][0]["finishReason"] == "STOP"
    assert last["candidates"][0]["content"]["parts"] == [
        {"functionCall": {"id": "x", "name": "f", "args": {"b": 1}}, "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "y", "name": "g", "args": {}}},
    ]
    assert last["usageMetadata"] == {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}


def test_a_stream_that_fails_is_written_as_an_error_and_nothing_after_it() -> None:
    words, error = render_stream(Started("r", "m"), TextDelta("a"), StreamFailed("overloaded_error", "later"))
    assert words["candidates"][0]["content"]["parts"] == [{"text": "a"}]
    assert error["error"] == {"code": 500, "message": "later", "status": "INTERNAL"}


def test_a_stream_that_did_not_end_is_not_given_an_end() -> None:
    assert len(render_stream(Started("r", "m"), TextDelta("a"))) == 1

"""Answers to records and back; what is written, the official client reads."""

import json
from typing import Any

import anthropic
import httpx2
import pytest

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic.formats import ANTHROPIC_MESSAGES
from tests.wire.anthropic import payloads

CODEC = ANTHROPIC_MESSAGES.chat
assert CODEC is not None
REQUEST = chat.ChatRequest(model="asked", turns=[])
USAGE = TokenUsage(120, 24, 70, 10, 9, 2, 1, "priority")
PARTS: list[chat.Part] = [
    chat.Thinking("Weather, then.", "c2ln"),
    chat.Thinking("", "ZW5j", redacted=True),
    chat.Text("Let me look."),
    chat.ToolCall("toolu_1", "weather", '{"city": "Köln", "days": 1.5}'),
]


def read_by_client(body: bytes, content_type: str) -> anthropic.Anthropic:
    """The official client, answered with these bytes."""
    reply = httpx2.Response(200, content=body, headers={"content-type": content_type})
    http = httpx2.Client(transport=httpx2.MockTransport(lambda request: reply))
    return anthropic.Anthropic(api_key="k", base_url="http://model.invalid", http_client=http, max_retries=0)


def final_message(body: bytes) -> anthropic.types.Message:
    """What the official client's stream helper makes of a stream."""
    client = read_by_client(body, "text/event-stream")
    with client.messages.stream(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]) as stream:
        return stream.get_final_message()


def render(*steps: chat.Delta) -> bytes:
    assert CODEC is not None
    renderer = CODEC.new_renderer(REQUEST)
    return b"".join(renderer.feed(step) for step in steps) + renderer.finish()


def kinds(body: bytes) -> list[str]:
    return [json.loads(line[6:])["type"] for line in body.decode().splitlines() if line.startswith("data: ")]


def test_an_answer_is_read() -> None:
    assert CODEC is not None
    assert CODEC.parse_reply(payloads.message()) == chat.ChatReply(
        id="msg_01", model="claude-opus-5-5", parts=PARTS, stop="tool", usage=USAGE
    )


def test_a_stream_is_read() -> None:
    assert CODEC is not None
    parser = CODEC.new_parser()
    steps = [step for event in payloads.stream() for step in parser.feed(event)]
    assert steps == [
        chat.Started("msg_01", "claude-opus-5-5", TokenUsage(120, None, 70, 10, None, 2, 1, "priority")),
        chat.ThinkingDelta("Weather, "),
        chat.ThinkingDelta("then."),
        chat.ThinkingDelta("", "c2ln"),
        chat.ThinkingDelta("", "ZW5j", redacted=True),
        chat.TextDelta("Let me "),
        chat.TextDelta("look."),
        chat.ToolCallStarted(0, "toolu_1", "weather"),
        chat.ToolArgumentsDelta(0, '{"city": "Kö'),
        chat.ToolArgumentsDelta(0, 'ln", "days": 1.50}'),
        chat.ToolCallStarted(1, "toolu_2", "now"),
        chat.ToolArgumentsDelta(1, "{}"),
        chat.UsageKnown(USAGE),
        chat.Finished("tool"),
    ]


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "end"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "length"),
        ("stop_sequence", "stop_sequence"),
        ("tool_use", "tool"),
        ("refusal", "refusal"),
        ("a_reason_of_next_year", "end"),
        (None, None),
    ],
)
def test_the_reason_to_stop_is_read(reason: str | None, stop: str | None) -> None:
    assert CODEC is not None
    assert CODEC.parse_reply(payloads.message(stop_reason=reason)).stop == stop


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        ("end", "end_turn"),
        ("length", "max_tokens"),
        ("tool", "tool_use"),
        ("stop_sequence", "stop_sequence"),
        ("filter", "refusal"),
        ("refusal", "refusal"),
        (None, "end_turn"),
    ],
)
def test_the_reason_to_stop_is_written(stop: chat.StopReason | None, reason: str) -> None:
    assert CODEC is not None
    assert (
        json.loads(CODEC.render_reply(chat.ChatReply(id="i", model="m", parts=[], stop=stop)))["stop_reason"] == reason
    )


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"choices":[]}', b'{"id":"m","content":[{"type":"new"}]}'])
def test_a_reply_that_is_no_answer_is_the_providers_failure(body: bytes) -> None:
    assert CODEC is not None
    with pytest.raises(UpstreamError):
        CODEC.parse_reply(body)


@pytest.mark.parametrize("part", [chat.Media("image", "image/png", "AAAA"), chat.ToolCall("1", "f", "[1]")])
def test_an_answer_that_anthropic_has_no_block_for_is_the_providers_failure(part: chat.Part) -> None:
    assert CODEC is not None
    with pytest.raises(UpstreamError):
        CODEC.render_reply(chat.ChatReply(id="i", model="m", parts=[part], stop="end"))


def test_the_official_client_reads_an_answer() -> None:
    assert CODEC is not None
    reply = chat.ChatReply(
        id="chatcmpl-1", model="gpt", parts=PARTS, stop="stop_sequence", usage=USAGE, stop_sequence="END"
    )
    client = read_by_client(CODEC.render_reply(reply), "application/json")
    message = client.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "Hi"}])
    check_message(message)
    assert (message.id, message.stop_reason, message.stop_sequence) == ("chatcmpl-1", "stop_sequence", "END")


def test_the_official_client_reads_a_stream() -> None:
    message = final_message(
        render(
            chat.Started("chatcmpl-1", "gpt"),
            chat.ThinkingDelta("Weather, "),
            chat.ThinkingDelta("then.", "c2ln"),
            chat.ThinkingDelta("", "ZW5j", redacted=True),
            chat.TextDelta("Let me "),
            chat.TextDelta(""),
            chat.TextDelta("look."),
            chat.ToolCallStarted(0, "toolu_1", "weather"),
            chat.ToolArgumentsDelta(0, '{"city": "Kö'),
            chat.ToolArgumentsDelta(0, 'ln", "days": 1.5}'),
            chat.Finished("tool"),
            chat.UsageKnown(USAGE),
        )
    )
    check_message(message)
    assert message.stop_reason == "tool_use"


def check_message(message: anthropic.types.Message) -> None:
    thinking, redacted, text, call = message.content
    assert thinking.type == "thinking"
    assert (thinking.thinking, thinking.signature) == ("Weather, then.", "c2ln")
    assert redacted.type == "redacted_thinking"
    assert redacted.data == "ZW5j"
    assert text.type == "text"
    assert text.text == "Let me look."
    assert call.type == "tool_use"
    assert (call.id, call.name, call.input) == ("toolu_1", "weather", {"city": "Köln", "days": 1.5})
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (40, 70, 10)
    assert usage.output_tokens == 24
    assert usage.output_tokens_details is not None
    assert usage.output_tokens_details.thinking_tokens == 9


def test_two_thoughts_in_a_row_keep_their_signatures() -> None:
    message = final_message(
        render(chat.ThinkingDelta("a", "1"), chat.ThinkingDelta("b", "2"), chat.TextDelta("c"), chat.Finished("end"))
    )
    assert [getattr(block, "signature", "") for block in message.content] == ["1", "2", ""]


def test_events_come_in_anthropics_order() -> None:
    body = render(chat.Started("i", "m"), chat.TextDelta("a"), chat.UsageKnown(USAGE), chat.Finished("end"))
    assert kinds(body) == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_calls_that_come_interleaved_are_written_one_after_another() -> None:
    body = render(
        chat.ToolCallStarted(0, "a", "f"),
        chat.ToolCallStarted(1, "b", "g"),
        chat.ToolArgumentsDelta(1, '{"x":'),
        chat.ToolArgumentsDelta(0, '{"y":2}'),
        chat.ToolArgumentsDelta(1, "1}"),
        chat.ToolCallStarted(2, "c", "h"),
        chat.Finished("tool"),
    )
    calls = [block.to_dict() for block in final_message(body).content]
    assert [(call["name"], call["input"]) for call in calls] == [("f", {"y": 2}), ("g", {"x": 1}), ("h", {})]
    starts = [kind for kind in kinds(body) if kind in ("content_block_start", "content_block_stop")]
    assert starts == ["content_block_start", "content_block_stop"] * 3


def test_a_call_whose_arguments_are_whole_makes_way_at_once() -> None:
    assert CODEC is not None
    renderer = CODEC.new_renderer(REQUEST)
    for step in (chat.Started("i", "m"), chat.ToolCallStarted(0, "a", "f"), chat.ToolArgumentsDelta(0, "{}")):
        renderer.feed(step)
    assert kinds(renderer.feed(chat.ToolCallStarted(1, "b", "g"))) == ["content_block_stop", "content_block_start"]


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [chat.Started("i", "m"), chat.TextDelta("a")],
        [chat.Started("i", "m"), chat.StreamFailed("server_error", "down")],
        [
            chat.ToolCallStarted(0, "a", "f"),
            chat.ToolArgumentsDelta(0, "{}"),
            chat.ToolCallStarted(1, "b", "g"),
            chat.ToolArgumentsDelta(0, " "),
        ],
    ],
)
def test_a_stream_that_breaks_off_ends_with_an_error(steps: list[chat.Delta]) -> None:
    body = render(*steps, *([chat.TextDelta("late")] if len(steps) > 2 else []))
    assert kinds(body)[-1] == "error"
    with pytest.raises(anthropic.APIStatusError):
        final_message(body)


@pytest.mark.parametrize("kind", ["overloaded_error", "server_error"])
def test_a_providers_failure_passes_on_its_words(kind: str) -> None:
    assert CODEC is not None
    [failed] = CODEC.new_parser().feed(render(chat.StreamFailed(kind, "busy")))
    assert failed == chat.StreamFailed("overloaded_error" if kind == "overloaded_error" else "api_error", "busy")


@pytest.mark.parametrize(
    "event", [b": comment\n\n", b'event: new\ndata: {"type":"new"}\n\n', payloads.event({"type": "ping"})]
)
def test_events_that_say_nothing_are_no_steps(event: bytes) -> None:
    assert CODEC is not None
    assert list(CODEC.new_parser().feed(event)) == []


@pytest.mark.parametrize(
    "data", ["nonsense", '{"type": 1}', '{"type":"content_block_start","content_block":{"type":"new"}}']
)
def test_an_event_that_cannot_be_read_fails_the_stream(data: str) -> None:
    assert CODEC is not None
    [step] = CODEC.new_parser().feed(f"data: {data}\n\n".encode())
    assert isinstance(step, chat.StreamFailed)


def test_a_start_without_counts_and_an_unnamed_one_are_written() -> None:
    started: Any = json.loads(render(chat.TextDelta("a"), chat.Finished("end")).split(b"data: ")[1].split(b"\n")[0])
    assert started["message"]["model"] == "asked"
    assert started["message"]["usage"]["input_tokens"] == 0

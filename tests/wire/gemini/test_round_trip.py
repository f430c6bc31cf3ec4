"""Whatever the records hold, and Gemini can say, comes back from Gemini's bytes as it was."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.chat import (
    ChatReply,
    ChatRequest,
    Delta,
    Finished,
    Media,
    OutputFormat,
    Started,
    Text,
    TextDelta,
    Thinking,
    ThinkingDelta,
    Tool,
    ToolArgumentsDelta,
    ToolCall,
    ToolCallStarted,
    ToolChoice,
    ToolResult,
    Turn,
    UsageKnown,
)
from lrcp.gateway.wire.gemini.formats import GEMINI_GENERATE
from lrcp.gateway.wire.transcript import Transcript

CODEC = GEMINI_GENERATE.chat
assert CODEC is not None

WORDS = st.text(min_size=1, max_size=20)
NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ARGUMENTS = st.dictionaries(st.text(max_size=8), JSON, max_size=3).map(
    lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False)
)
SCHEMAS = st.dictionaries(NAMES, st.just({"type": "string"}), min_size=1, max_size=3).map(
    lambda properties: {"type": "object", "properties": properties}
)
PICTURES = st.sampled_from(
    [
        Media("image", "image/png", "iVBORw0K+/8="),
        Media("audio", "audio/wav", "UklGRg=="),
        Media("file", "application/pdf", url="https://files.example/a.pdf"),
    ]
)


@st.composite
def conversations(draw: st.DrawFn) -> list[Turn]:
    """Turns that alternate; the calls of one are answered in the next."""
    turns: list[Turn] = []
    for number in range(draw(st.integers(0, 3))):
        asked = draw(st.lists(WORDS.map(Text) | PICTURES, min_size=1, max_size=3))
        calls = [
            ToolCall(f"id-{number}-{n}", draw(NAMES), draw(ARGUMENTS), draw(st.sampled_from(["", "c2ln"])))
            for n in range(draw(st.integers(0, 2)))
        ]
        said: list[Any] = [*draw(st.lists(WORDS.map(Text), min_size=1, max_size=2)), *calls]
        results = [
            ToolResult(call.id, [Text(draw(WORDS.filter(lambda text: text[0] != "{")))], call.name, draw(st.booleans()))
            for call in calls
        ]
        earlier = turns.pop().parts if turns else []
        turns += [Turn("user", [*earlier, *asked]), Turn("assistant", said), Turn("user", [*results, Text("go on")])]
    return turns


REQUESTS = st.builds(
    ChatRequest,
    model=st.just("m-1"),
    turns=conversations(),
    system=st.lists(st.text(max_size=20), max_size=2),
    tools=st.lists(st.builds(Tool, NAMES, st.text(max_size=9), SCHEMAS), min_size=1, max_size=2),
    tool_choice=st.sampled_from([None, ToolChoice("none"), ToolChoice("required")]),
    output=st.none() | st.just(OutputFormat("json")) | SCHEMAS.map(lambda s: OutputFormat("schema", "response", s)),
    max_tokens=st.none() | st.integers(1, 10**6),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(1, 100),
    stop=st.lists(WORDS, max_size=3),
    seed=st.none() | st.integers(0, 2**31 - 1),
    presence_penalty=st.none() | st.floats(-2, 2),
    frequency_penalty=st.none() | st.floats(-2, 2),
    reasoning_tokens=st.none() | st.integers(1, 30_000),
)


@given(REQUESTS)
def test_a_request(request: ChatRequest) -> None:
    body = CODEC.render_request(request, "gemini-2.5-flash")
    call = GEMINI_GENERATE.decode_call("/v1beta/models/m-1:generateContent", body)
    assert CODEC.parse_request(body, call) == request


ANSWERS = st.lists(
    st.builds(Text, WORDS)
    | st.builds(Thinking, WORDS)
    | st.builds(ToolCall, WORDS, NAMES, ARGUMENTS, st.sampled_from(["", "c2ln"])),
    max_size=4,
)
USAGES = st.builds(
    lambda prompt, answer, thoughts, cached: TokenUsage(prompt, answer + thoughts, cached, None, thoughts),
    *[st.integers(1, 10**6)] * 4,
)


@given(ANSWERS, st.none() | USAGES, st.booleans())
def test_a_reply(parts: list[Any], usage: TokenUsage | None, cut: bool) -> None:
    calls = any(isinstance(part, ToolCall) for part in parts)
    stop: Any = "length" if cut else "tool" if calls else "end"
    reply = ChatReply(id="r-1", model="m-2", parts=parts, stop=stop, usage=usage, created_s=1_795_168_800)
    assert CODEC.parse_reply(CODEC.render_reply(reply)) == reply


def steps_of(parts: list[Any]) -> list[Delta]:
    """An answer as the steps of a stream: words in order, calls after them."""
    words: list[Delta] = [
        TextDelta(part.text) if isinstance(part, Text) else ThinkingDelta(part.text)
        for part in parts
        if not isinstance(part, ToolCall)
    ]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    for index, call in enumerate(calls):
        words.append(ToolCallStarted(index, call.id, call.name, call.signature))
        words.append(ToolArgumentsDelta(index, call.arguments))
    return words


@given(ANSWERS, USAGES)
def test_a_stream_and_what_the_meter_reads_of_it(parts: list[Any], usage: TokenUsage) -> None:
    calls = any(isinstance(part, ToolCall) for part in parts)
    end: list[Delta] = [UsageKnown(usage), Finished("tool" if calls else "end")]
    steps: list[Delta] = [Started("r-1", "m-2"), *steps_of(parts), *end]
    renderer, parser = CODEC.new_renderer(ChatRequest(model="m-1", turns=[])), CODEC.new_parser()
    events = [event for event in [*(renderer.feed(step) for step in steps), renderer.finish()] if event]
    assert [step for event in events for step in parser.feed(event)] == steps
    transcript = Transcript(10_000)
    for event in events:
        GEMINI_GENERATE.read_event(transcript, event)
    assert transcript.complete
    assert (transcript.usage, transcript.model) == (usage, "m-2")


@given(st.binary(max_size=200))
def test_no_event_whatever_its_bytes_breaks_the_parser(data: bytes) -> None:
    CODEC.new_parser().feed(b"data: " + data + b"\r\n\r\n")

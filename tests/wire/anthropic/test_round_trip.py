"""What the records hold and Anthropic can say survives the way there and back."""

import json
import string
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic.formats import ANTHROPIC_MESSAGES
from lrcp.gateway.wire.sse import EventSplitter

CODEC = ANTHROPIC_MESSAGES.chat
assert CODEC is not None

words = st.builds(str.__add__, st.sampled_from('aé漢🙂"\\'), st.text(st.characters(codec="utf-8"), max_size=12))
ids = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)
objects = st.dictionaries(words, st.integers(-9, 9) | words | st.booleans(), max_size=3)
arguments = objects.map(lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False))
texts = st.builds(chat.Text, words)
media = st.one_of(
    st.builds(chat.Media, st.just("image"), st.just("image/png"), st.just("AAAA")),
    st.builds(chat.Media, st.just("image"), url=st.just("https://example.com/a.png")),
    st.builds(chat.Media, st.just("file"), st.just("application/pdf"), st.just("JVBE"), name=words),
)
thoughts = st.builds(chat.Thinking, words, ids) | st.builds(chat.Thinking, st.just(""), ids, st.just(True))
calls = st.builds(chat.ToolCall, ids, words, arguments)
results = st.builds(chat.ToolResult, ids, st.lists(texts | media, max_size=2), is_error=st.booleans())
asked = st.tuples(st.lists(results, max_size=2), st.lists(texts | media, min_size=1, max_size=3)).map(
    lambda both: chat.Turn("user", [*both[0], *both[1]])
)
answered: st.SearchStrategy[chat.Turn] = st.lists(thoughts | texts | calls, min_size=1, max_size=4).map(
    lambda parts: chat.Turn("assistant", [*parts])
)


@st.composite
def conversations(draw: st.DrawFn) -> list[chat.Turn]:
    turns = [draw(asked)]
    for _ in range(draw(st.integers(0, 2))):
        turns += [draw(answered), draw(asked)]
    return turns


schemas = objects.map(lambda extra: {"type": "object", "properties": extra})
choices = st.builds(chat.ToolChoice, st.sampled_from(["auto", "required"]), parallel=st.none() | st.booleans())
requests = st.builds(
    chat.ChatRequest,
    model=st.just("claude"),
    turns=conversations(),
    system=st.lists(words, max_size=3),
    tools=st.lists(
        st.builds(chat.Tool, words, words | st.just(""), schemas, st.none() | st.booleans()), min_size=1, max_size=2
    ),
    tool_choice=st.none()
    | choices
    | st.builds(chat.ToolChoice, st.just("named"), words)
    | st.just(chat.ToolChoice("none")),
    output=st.none() | st.builds(chat.OutputFormat, st.just("schema"), schema=schemas, strict=st.just(True)),
    max_tokens=st.integers(2000, 9000),
    temperature=st.none() | st.floats(0, 1),
    top_p=st.none() | st.floats(0, 1),
    top_k=st.none() | st.integers(1, 99),
    stop=st.lists(words, max_size=2),
    reasoning_effort=st.none() | st.sampled_from(["low", "medium", "high"]),
    reasoning_tokens=st.none() | st.integers(1024, 1999),
    user=st.just("") | words,
    streams=st.booleans(),
)


@settings(max_examples=60)
@given(requests)
def test_a_request_survives(request: chat.ChatRequest) -> None:
    assert CODEC is not None
    body = CODEC.render_request(request, request.model)
    call = ANTHROPIC_MESSAGES.decode_call("/v1/messages", body)
    assert CODEC.parse_request(body, call) == request


counts = st.integers(0, 10**6)


@st.composite
def usages(draw: st.DrawFn) -> TokenUsage:
    cached, written, plain = draw(counts), draw(counts), draw(counts)
    output = draw(counts)
    reasoning = draw(st.none() | st.integers(0, output))
    hour = draw(st.none() | st.integers(0, written))
    return TokenUsage(plain + cached + written, output, cached, written, reasoning, hour)


answers = st.lists(thoughts | texts | calls, max_size=5)
stops: Any = st.sampled_from(["end", "length", "tool", "stop_sequence", "refusal"])


@settings(max_examples=60)
@given(answers, stops, usages(), st.just("") | words)
def test_an_answer_survives(parts: list[chat.Part], stop: chat.StopReason, usage: TokenUsage, sequence: str) -> None:
    assert CODEC is not None
    reply = chat.ChatReply(id="msg_1", model="m", parts=parts, stop=stop, usage=usage, stop_sequence=sequence)
    assert CODEC.parse_reply(CODEC.render_reply(reply)) == reply


def steps_of(parts: list[chat.Part]) -> list[chat.Delta]:
    """The steps of an answer, its arguments in two pieces."""
    steps: list[chat.Delta] = []
    index = 0
    for part in parts:
        if isinstance(part, chat.Text):
            steps.append(chat.TextDelta(part.text))
        elif isinstance(part, chat.Thinking):
            steps.append(chat.ThinkingDelta(part.text, part.signature, part.redacted))
        elif isinstance(part, chat.ToolCall):
            half = len(part.arguments) // 2
            pieces = [part.arguments[:half], part.arguments[half:]]
            steps.append(chat.ToolCallStarted(index, part.id, part.name))
            steps += [chat.ToolArgumentsDelta(index, piece) for piece in pieces]
            index += 1
    return steps


def gather(steps: list[chat.Delta]) -> list[Any]:
    """Steps with what says the same in more pieces put together."""
    gathered: list[Any] = []
    for step in steps:
        last = gathered[-1] if gathered else None
        if isinstance(step, chat.TextDelta) and isinstance(last, chat.TextDelta):
            last.text += step.text
        elif isinstance(step, chat.ToolArgumentsDelta) and isinstance(last, chat.ToolArgumentsDelta):
            last.fragment += step.fragment
        elif isinstance(step, chat.ThinkingDelta) and isinstance(last, chat.ThinkingDelta) and not step.redacted:
            if last.redacted or last.signature:
                gathered.append(step)
            else:
                last.text, last.signature = last.text + step.text, last.signature + step.signature
        else:
            gathered.append(step)
    return gathered


@settings(max_examples=60)
@given(answers, stops, usages(), st.randoms(use_true_random=False))
def test_a_stream_survives_wherever_it_is_cut(
    parts: list[chat.Part], stop: chat.StopReason, usage: TokenUsage, random: Any
) -> None:
    assert CODEC is not None
    renderer = CODEC.new_renderer(chat.ChatRequest(model="m", turns=[]))
    known = msgspec.structs.replace(usage, output_tokens=None, reasoning_tokens=None)
    steps: list[chat.Delta] = [*steps_of(parts), chat.Finished(stop, "END"), chat.UsageKnown(usage)]
    data = b"".join(renderer.feed(step) for step in [chat.Started("msg_1", "m", known), *steps]) + renderer.finish()
    splitter, parser = EventSplitter(10**6), CODEC.new_parser()
    cut = random.randrange(len(data))
    events = [event for piece in (data[:cut], data[cut:]) for event in splitter.feed(piece)]
    read = [step for event in events for step in parser.feed(event)]
    assert read[0] == chat.Started("msg_1", "m", known)
    assert gather(read[1:]) == gather([*steps_of(parts), chat.UsageKnown(usage), chat.Finished(stop, "END")])
    assert splitter.take_rest() == b""

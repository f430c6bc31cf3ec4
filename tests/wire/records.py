"""Hypothesis' strategies for the records of wire/chat.py, as OpenAI's formats can say them; and streams put together again."""

import json
import string
from typing import Any

from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.format import ChatCodec
from lrcp.gateway.wire.sse import EventSplitter
from lrcp.gateway.wire.steps import ReplyBuilder, steps_of

words = st.builds(str.__add__, st.sampled_from('aé漢🙂"\\\n'), st.text(st.characters(codec="utf-8"), max_size=12))
ids = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)
objects = st.dictionaries(words, st.integers(-9, 9) | words | st.booleans(), max_size=3)
arguments = objects.map(lambda value: json.dumps(value, ensure_ascii=False))
texts = st.builds(chat.Text, words)
images = st.builds(chat.Media, st.just("image"), st.just("image/png"), st.just("AAAA")) | st.builds(
    chat.Media, st.just("image"), url=st.just("https://example.com/a.png")
)
files = st.builds(chat.Media, st.just("file"), st.just("application/pdf"), st.just("JVBE"), name=ids)
sounds = st.builds(chat.Media, st.just("audio"), st.sampled_from(["audio/wav", "audio/mpeg"]), st.just("AAAA"))
schemas = objects.map(lambda extra: {"type": "object", "properties": extra})
tools = st.builds(chat.Tool, ids, words | st.just(""), schemas, st.booleans())
choices = (
    st.none()
    | st.builds(chat.ToolChoice, st.sampled_from(["auto", "none", "required"]), parallel=st.none() | st.booleans())
    | st.builds(chat.ToolChoice, st.just("named"), ids)
)
outputs = (
    st.none()
    | st.just(chat.OutputFormat("json"))
    | st.builds(chat.OutputFormat, st.just("schema"), ids, schemas, st.none() | st.booleans())
)


@st.composite
def conversations(draw: st.DrawFn, said: Any, given: Any, text_first: bool) -> list[chat.Turn]:
    """Turns by turns: said are the strategies of a user's parts, given those of a tool's result."""
    results = st.builds(chat.ToolResult, ids, given)
    asked = st.tuples(st.lists(results, max_size=2), st.lists(said, min_size=1, max_size=3))
    calls = st.builds(chat.ToolCall, ids, ids, arguments)
    turns = []
    for _ in range(draw(st.integers(1, 3))):
        turns.append(chat.Turn("user", [part for parts in draw(asked) for part in parts]))
        answer = draw(st.lists(texts | calls, min_size=1, max_size=3))
        if text_first:
            answer.sort(key=lambda part: isinstance(part, chat.ToolCall))
        turns.append(chat.Turn("assistant", [*answer]))
    return turns


counts = st.integers(0, 10**6)


@st.composite
def usages(draw: st.DrawFn) -> TokenUsage:
    """Counts whose parts fit into their wholes."""
    cached, written, output = draw(counts), draw(st.integers(1, 10**6)), draw(counts)
    given = cached + written + draw(counts)
    return TokenUsage(given, output, cached, written, draw(st.integers(0, output)))


def through_a_stream(codec: ChatCodec, reply: chat.ChatReply, cut: int) -> chat.ChatReply:
    """An answer rendered as a stream, cut into pieces of some bytes, and read again."""
    renderer, parser = codec.new_renderer(chat.ChatRequest(model="m", turns=[])), codec.new_parser()
    data = b"".join(renderer.feed(step) for step in steps_of(reply)) + renderer.finish()
    splitter, builder = EventSplitter(10**7), ReplyBuilder(10**7)
    for start in range(0, len(data), cut):
        for event in splitter.feed(data[start : start + cut]):
            for step in parser.feed(event):
                builder.add(step)
    assert splitter.take_rest() == b""
    return builder.finish()

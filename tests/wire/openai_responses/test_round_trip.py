"""What the records hold and responses can say survives the way there and back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.gateway.wire import chat
from lrcp.gateway.wire.responses.format import OPENAI_RESPONSES
from tests.wire import records

CODEC = OPENAI_RESPONSES.chat
assert CODEC is not None

links = st.builds(chat.Media, st.just("file"), url=st.just("https://example.com/a.pdf"))
results = st.builds(lambda text: [text], records.texts) | st.lists(records.texts | records.images, min_size=2)
requests = st.builds(
    chat.ChatRequest,
    model=st.just("m"),
    turns=records.conversations(records.texts | records.images | records.files | links, results, False),
    system=st.lists(records.words, max_size=3),
    tools=st.lists(records.tools, max_size=2),
    tool_choice=records.choices,
    output=records.outputs,
    max_tokens=st.none() | st.integers(1, 9000),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    reasoning_effort=st.none() | st.sampled_from(["none", "minimal", "low", "medium", "high"]),
    user=st.just("") | records.words,
    streams=st.booleans(),
)


@settings(max_examples=80)
@given(requests)
def test_a_request_survives(request: chat.ChatRequest) -> None:
    assert CODEC is not None
    body = CODEC.render_request(request, request.model)
    call = OPENAI_RESPONSES.decode_call("/v1/responses", body)
    assert CODEC.parse_request(body, call) == request


thoughts = st.builds(chat.Thinking, records.words, records.ids) | st.builds(
    chat.Thinking, st.just(""), records.ids, st.just(True)
)
calls = st.builds(chat.ToolCall, records.ids, records.ids, records.arguments, st.just("") | records.ids)


@st.composite
def answers(draw: st.DrawFn) -> chat.ChatReply:
    """Parts in any order, but for text next to text, which a stream would join."""
    parts = draw(st.lists(thoughts | records.texts | calls, max_size=5))
    kept = [
        part
        for i, part in enumerate(parts)
        if not (i and isinstance(part, chat.Text) and isinstance(parts[i - 1], chat.Text))
    ]
    called = any(isinstance(part, chat.ToolCall) for part in kept)
    stop: chat.StopReason = draw(st.sampled_from(["length", "filter", "tool" if called else "end"]))
    return chat.ChatReply(
        id="resp_1", model="m", parts=[*kept], stop=stop, usage=draw(st.none() | records.usages()), created_s=7
    )


@settings(max_examples=80)
@given(answers())
def test_an_answer_survives(reply: chat.ChatReply) -> None:
    assert CODEC is not None
    assert CODEC.parse_reply(CODEC.render_reply(reply)) == reply


@settings(max_examples=80)
@given(answers(), st.integers(1, 300))
def test_a_stream_survives_wherever_it_is_cut(reply: chat.ChatReply, cut: int) -> None:
    assert CODEC is not None
    assert records.through_a_stream(CODEC, reply, cut) == reply

"""What the records hold and chat completions can say survives the way there and back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT
from tests.wire import records

CODEC = OPENAI_CHAT.chat
assert CODEC is not None

requests = st.builds(
    chat.ChatRequest,
    model=st.just("m"),
    turns=records.conversations(
        records.texts | records.images | records.files | records.sounds, st.lists(records.texts, min_size=1), True
    ),
    system=st.lists(records.words, max_size=3),
    tools=st.lists(records.tools, max_size=2),
    tool_choice=records.choices,
    output=records.outputs,
    max_tokens=st.none() | st.integers(1, 9000),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    stop=st.lists(records.words, max_size=2),
    seed=st.none() | st.integers(-9, 9),
    presence_penalty=st.none() | st.floats(-2, 2),
    frequency_penalty=st.none() | st.floats(-2, 2),
    reasoning_effort=st.none() | st.sampled_from(["none", "minimal", "low", "medium", "high"]),
    user=st.just("") | records.words,
    streams=st.booleans(),
)


@settings(max_examples=80)
@given(requests)
def test_a_request_survives(request: chat.ChatRequest) -> None:
    assert CODEC is not None
    body = CODEC.render_request(request, request.model)
    call = OPENAI_CHAT.decode_call("/v1/chat/completions", body)
    assert CODEC.parse_request(body, call) == request


@st.composite
def answers(draw: st.DrawFn) -> chat.ChatReply:
    """A thought, words, calls: in the one order that a chat completion has."""
    thought = draw(st.lists(st.builds(chat.Thinking, records.words), max_size=1))
    said = draw(st.lists(records.texts, max_size=1))
    calls = draw(
        st.lists(
            st.builds(chat.ToolCall, records.ids, records.ids, records.arguments, st.just("") | records.ids),
            max_size=3,
            unique_by=lambda call: call.id,
        )
    )
    stop: chat.StopReason = draw(st.sampled_from(["end", "length", "tool", "filter"]))
    return chat.ChatReply(
        id="chatcmpl-1",
        model="m",
        parts=[*thought, *said, *calls],
        stop=stop,
        usage=draw(st.none() | records.usages()),
        created_s=7,
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


@given(records.usages())
def test_a_stream_shows_its_usage_only_where_it_is_asked_for(usage: TokenUsage) -> None:
    assert CODEC is not None
    for asks in (True, False):
        renderer = CODEC.new_renderer(chat.ChatRequest(model="m", turns=[], asks_usage=asks))
        renderer.feed(chat.UsageKnown(usage))
        assert (b'"usage"' in renderer.finish()) == asks

"""Whatever steps come, in whatever order, an Anthropic stream keeps its order; whatever events come, they are read."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire import chat
from lrcp.gateway.wire.anthropic.formats import ANTHROPIC_MESSAGES
from tests.wire.anthropic import payloads

CODEC = ANTHROPIC_MESSAGES.chat
assert CODEC is not None

indexes = st.integers(0, 2)
pieces = st.sampled_from(["", "{}", '{"a":', "1}", "word"])
calm_steps = st.one_of(
    st.builds(chat.Started, st.just("i"), st.just("m")),
    st.builds(chat.TextDelta, pieces),
    st.builds(chat.ThinkingDelta, pieces, st.sampled_from(["", "sig"]), st.booleans()),
    st.builds(chat.ToolCallStarted, indexes, st.just("t"), st.just("f")),
    st.builds(chat.Finished, st.just("end")),
    st.just(chat.UsageKnown(TokenUsage(1, 1))),
)
steps = st.one_of(
    calm_steps,
    st.builds(chat.ToolArgumentsDelta, indexes, pieces),
    st.builds(chat.StreamFailed, st.just("api_error"), st.just("down")),
)
_FITS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "thinking",
    "input_json_delta": "tool_use",
}


def check_order(events: list[dict[str, Any]]) -> None:
    """message_start; blocks one after another, counted from 0, each with its own deltas; then one end, or an error."""
    *events, last = events
    assert last["type"] in ("message_stop", "error")
    if last["type"] == "message_stop":
        *events, ended = events
        assert ended["type"] == "message_delta"
    if events:
        assert events[0]["type"] == "message_start"
    opened, count = "", 0
    for event in events[1:]:
        if event["type"] == "content_block_start":
            assert (opened, event["index"]) == ("", count)
            opened, count = event["content_block"]["type"], count + 1
        elif event["type"] == "content_block_stop":
            assert opened
            assert event["index"] == count - 1
            opened = ""
        else:
            assert event["type"] == "content_block_delta"
            assert (event["index"], _FITS[event["delta"]["type"]]) == (count - 1, opened)
    assert not opened or last["type"] == "error"


@given(st.lists(calm_steps, max_size=12) | st.lists(steps, max_size=12))
def test_a_stream_keeps_its_order(steps: list[chat.Delta]) -> None:
    assert CODEC is not None
    renderer = CODEC.new_renderer(chat.ChatRequest(model="m", turns=[]))
    body = b"".join([*map(renderer.feed, steps), renderer.finish()])
    check_order([json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: ")])


whole = [json.loads(event.split(b"data: ")[1]) for event in payloads.stream()]
values: st.SearchStrategy[Any] = (
    st.none() | st.integers(-2, 9) | st.sampled_from(["", "x", "text", "tool_use"]) | st.just({}) | st.just([])
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An event of a real stream with a member replaced, at any depth."""
    event: Any = json.loads(json.dumps(draw(st.sampled_from(whole))))
    place = event
    while True:
        key = draw(st.sampled_from(sorted(place)))
        if not isinstance(place[key], dict) or not place[key] or draw(st.booleans()):
            place[key] = draw(values)
            return payloads.event(
                {"type": "x", **event} if isinstance(event.get("type"), str) else {**event, "type": "x"}
            )
        place = place[key]


@given(st.lists(damaged(), max_size=8))
def test_damaged_events_are_steps_or_failures(events: list[bytes]) -> None:
    assert CODEC is not None
    parser = CODEC.new_parser()
    renderer = CODEC.new_renderer(chat.ChatRequest(model="m", turns=[]))
    body = b"".join(renderer.feed(step) for event in events for step in parser.feed(event)) + renderer.finish()
    check_order([json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: ")])

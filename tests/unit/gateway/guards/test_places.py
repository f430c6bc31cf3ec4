"""Texts and their places: found in every wire format, and changed without touching another byte."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.guards.held import HeldStream, OverheldError, Place
from lrcp.gateway.guards.port import GuardText
from lrcp.gateway.guards.rewriting import find_values, rewrite_json
from lrcp.gateway.guards.walk import event_texts, reply_texts, request_texts, telltales

REQUESTS: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    (
        "openai.chat",
        {
            "model": "no",
            "messages": [
                {"role": "system", "content": "a"},
                {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "image_url", "image_url": {"url": "no"}}]},
                {"role": "assistant", "tool_calls": [{"id": "no", "type": "function", "function": {"name": "no", "arguments": "c"}}]},
                {"role": "tool", "tool_call_id": "no", "content": "d"},
            ],
        },
        [("system", "a"), ("user", "b"), ("assistant", "c"), ("tool", "d")],
    ),
    (
        "openai.responses",
        {"instructions": "a", "input": [{"role": "user", "content": [{"type": "input_text", "text": "b"}]}, {"type": "function_call_output", "call_id": "no", "output": "c"}]},
        [("system", "a"), ("user", "b"), ("user", "c")],
    ),
    ("openai.responses", {"input": "a"}, [("user", "a")]),
    ("openai.embeddings", {"input": ["a", "b"]}, [("user", "a"), ("user", "b")]),
    (
        "anthropic.messages",
        {
            "system": [{"type": "text", "text": "a"}],
            "messages": [
                {"role": "user", "content": [{"type": "document", "source": {"type": "text", "media_type": "no", "data": "b"}}, {"type": "image", "source": {"type": "base64", "data": "no"}}]},
                {"role": "assistant", "content": [{"type": "tool_use", "id": "no", "name": "no", "input": {"data": "c", "type": "d"}}]},
            ],
        },
        [("system", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d")],
    ),
    (
        "gemini.generate",
        {
            "systemInstruction": {"parts": [{"text": "a"}]},
            "contents": [{"role": "user", "parts": [{"text": "b"}, {"inlineData": {"mimeType": "no", "data": "no"}}]}, {"role": "model", "parts": [{"functionCall": {"name": "no", "args": {"url": "c"}}}]}],
        },
        [("system", "a"), ("user", "b"), ("model", "c")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("format", "body", "expected"), REQUESTS)
def test_all_words_of_a_request_are_found_with_who_says_them(
    format: str, body: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert [(found.role, found.text) for found in request_texts(format, body)] == expected


def test_a_request_nested_a_thousand_deep_is_walked_without_recursion() -> None:
    content: Any = "deep"
    for _ in range(5000):
        content = [content]
    assert [found.text for found in request_texts("openai.chat", {"messages": [{"content": content}]})] == ["deep"]


@pytest.mark.parametrize(
    ("format", "body"),
    [
        ("openai.chat", {"choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "logprobs": {"content": [{"token": "x"}]}}]}),
        ("openai.responses", {"output": [{"type": "message", "id": "i", "content": [{"type": "output_text", "text": "x", "logprobs": [{"token": "x"}]}]}]}),
        ("gemini.generate", {"candidates": [{"content": {"parts": [{"text": "x"}]}, "logprobsResult": {"chosenCandidates": [{"token": "x"}]}}]}),
        ("anthropic.messages", {"id": "no", "content": [{"type": "text", "text": "x"}]}),
    ],
)  # fmt: skip
def test_a_redacted_answer_does_not_tell_its_words_a_second_time(format: str, body: dict[str, Any]) -> None:
    found = reply_texts(format, body)
    assert [one.text for one in found] == ["x"]
    changed = rewrite_json(msgspec.json.encode(body), {found[0].path: [(0, 1, "-")]}, telltales(format, body))
    assert b'"x"' not in changed
    assert reply_texts(format, msgspec.json.decode(changed))[0].text == "-"


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**40), 2**40), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=12,
)


def places_of(value: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Any]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = {place: one for key, item in inner for place, one in places_of(item, (*path, key)).items()}
    return {path: value, **below}


@given(JSON, st.booleans(), st.sampled_from([None, 2]))
def test_every_value_is_found_where_it_is(value: Any, ascii_only: bool, indent: int | None) -> None:

    data = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    expected = places_of(value)
    found = find_values(data, set(expected))
    assert {path: json.loads(data[start:end]) for path, (start, end) in found.items()} == expected


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.booleans(), st.data())
def test_an_edit_changes_its_characters_and_no_other(text: str, ascii_only: bool, data: st.DataObject) -> None:

    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    body = json.dumps({"before": text, "at": text, "after": [text]}, ensure_ascii=ascii_only).encode()
    changed = rewrite_json(body, {("at",): [(start, end, '"é\n')]})
    assert json.loads(changed) == {"before": text, "at": text[:start] + '"é\n' + text[end:], "after": [text]}


def test_escapes_stay_as_they_were_written() -> None:
    body = rb'{ "a" : "\u00e9\/\ud83d\ude00 bad \u0041" , "b":1.0 }'
    assert rewrite_json(body, {("a",): [(4, 7, "-")]}) == rb'{ "a" : "\u00e9\/\ud83d\ude00 - \u0041" , "b":1.0 }'


def test_a_place_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ValueError, match="not where it should be"):
        rewrite_json(b'{"a":"b"}', {("c",): [(0, 1, "")]})


def chunk(text: str, index: int = 0, **delta: Any) -> bytes:
    data = {"choices": [{"index": index, "delta": {"content": text, **delta}}]}
    return b"data: " + msgspec.json.encode(data) + b"\n\n"


def find_bad(text: GuardText) -> list[Place]:
    places, at = [], text.start
    while (at := text.text.find("bad", at)) >= 0:
        places.append((at, at + 3, "*"))
        at += 3
    return places


def read(events: bytes) -> dict[int, str]:
    said: dict[int, str] = {}
    for event in filter(None, events.split(b"\n\n")):
        for found in event_texts("openai.chat", msgspec.json.decode(event[6:])):
            said[int(found.channel[0])] = said.get(int(found.channel[0]), "") + found.text
    return said


@given(
    st.lists(st.tuples(st.sampled_from(["b", "a", "d", "ba", "bad", " ", "é"]), st.integers(0, 1)), max_size=30),
    st.sampled_from([4, 7, None]),
)
def test_a_stream_is_redacted_as_its_whole_would_be_however_it_is_cut(
    pieces: list[tuple[str, int]], reach: int | None
) -> None:
    held = HeldStream("openai.chat", find_bad, reach)
    out = b""
    for text, index in pieces:
        held.feed([chunk(text, index)])
        out += held.take()
    held.end()
    out += held.take()
    whole = {index: "".join(text for text, at in pieces if at == index).replace("bad", "*") for _, index in pieces}
    assert read(out) == {index: text for index, text in whole.items() if text}
    assert out.count(b"data: ") == len(pieces)


def test_no_more_is_held_than_the_reach_and_events_without_a_place_keep_their_bytes() -> None:
    held = HeldStream("openai.chat", find_bad, 4)
    events = [chunk("word ") for _ in range(50)]
    passed = b""
    for number, event in enumerate(events):
        held.feed([event])
        passed += held.take()
        assert passed == b"".join(events[:number])
    held.end()
    assert passed + held.take() == b"".join(events)


def test_a_speaker_that_turns_to_another_text_ends_the_one_before() -> None:
    held = HeldStream("openai.chat", find_bad, 100)
    held.feed([b'data: {"choices":[{"index":0,"delta":{"reasoning_content":"ba"}}]}\n\n', chunk("d")])
    assert b"reasoning_content" in held.take()


def test_more_than_may_be_held_is_an_error() -> None:
    held = HeldStream("openai.chat", find_bad, None, max_bytes=200)
    with pytest.raises(OverheldError):
        held.feed([chunk("word") for _ in range(10)])


STREAMS = {
    "anthropic.messages": [
        {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "so b"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ad."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "bad", "name": "bad", "input": {}}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": '{"q":"b'}},
        {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": 'ad"}'}},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": None}},
        {"type": "message_stop"},
    ],
    "gemini.generate": [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "a b", "thought": True}]}}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "ad thought", "thought": True}]}}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "so ba"}]}, "index": 0}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "d."}]}, "finishReason": "STOP", "index": 0}]},
    ],
    "openai.responses": [
        {"type": "response.created", "response": {"id": "r", "output": [], "truncation": "bad"}},
        {"type": "response.output_text.delta", "item_id": "bad", "output_index": 0, "content_index": 0, "delta": "so ba"},
        {"type": "response.output_text.delta", "item_id": "bad", "output_index": 0, "content_index": 0, "delta": "d."},
        {"type": "response.output_text.done", "item_id": "bad", "output_index": 0, "content_index": 0, "text": "so bad."},
        {"type": "response.content_part.done", "item_id": "bad", "part": {"type": "output_text", "text": "so bad."}},
        {"type": "response.completed", "response": {"id": "bad", "output": [{"type": "message", "id": "bad", "content": [{"type": "output_text", "text": "so bad."}]}]}},
    ],
}  # fmt: skip
WORDLESS = {"anthropic.messages": 2, "gemini.generate": 0, "openai.responses": 7}
"""How often `bad` is in each where it is no word: ids, names, settings."""


@pytest.mark.parametrize("format", STREAMS)
@pytest.mark.parametrize("reach", [5, None])
def test_streams_of_every_format_are_redacted_across_events_and_in_what_they_repeat(
    format: str, reach: int | None
) -> None:
    held = HeldStream(format, find_bad, reach)
    events = [b"event: x\r\ndata: " + msgspec.json.encode(event) + b"\r\n\r\n" for event in STREAMS[format]]
    out = b""
    for event in events:
        held.feed([event])
        out += held.take()
    held.end()
    out += held.take()
    assert out.count(b"event: x\r\ndata: ") == len(events)
    assert out.count(b"bad") == WORDLESS[format]
    assert out.count(b"*") == {"anthropic.messages": 2, "gemini.generate": 2, "openai.responses": 4}[format]
    for event in out.split(b"\r\n\r\n")[:-1]:
        msgspec.json.decode(event.partition(b"data: ")[2])


def test_data_over_several_lines_is_redacted_too() -> None:
    held = HeldStream("openai.chat", find_bad, None)
    held.feed([b'id: 1\ndata: {"choices":[{"index":0,\ndata: "delta":{"content":"bad"}}]}\n\n'])
    held.end()
    assert held.take() == b'id: 1\ndata: {"choices":[{"index":0, "delta":{"content":"*"}}]}\n\n'

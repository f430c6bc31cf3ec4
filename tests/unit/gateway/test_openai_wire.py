"""What is read of OpenAI's format, and what is written into it."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.openai import Usage, decode_chat, error_of, rewrite_call
from lrcp.gateway.wire.openai_reading import read_body, read_event, token_usage
from lrcp.gateway.wire.transcript import Transcript, estimate_prompt_tokens, quick_prompt_tokens
from lrcp.model.errors import InputError

DEEP = b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
CHUNK = (
    b'{"id":"c","model":"m","service_tier":"flex","choices":[{"index":0,"delta":{"role":"assistant","content":"w\\u00e9",'
    b'"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"error":null,'
    b'"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":1}}}'
)


def event(data: Any) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def delta(index: int = 0, **fields: Any) -> bytes:
    return event({"choices": [{"index": index, "delta": fields, "finish_reason": None}]})


def usage(**fields: Any) -> Usage:
    import msgspec

    return msgspec.convert(fields, Usage)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"model": 1}', b'{"stream": "yes"}', b'{"stream_options": []}', b"\xff"]
)
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="not a valid request"):
        decode_chat("", body)


def test_a_call_is_read() -> None:
    call = decode_chat("", b'{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[ 1 ]}')
    assert (call.model, call.streams, call.asks_usage, call.prompt) == ("m", True, True, b"[ 1 ]")


@pytest.mark.parametrize("options", [b"", b',"stream_options":null', b',"stream_options":{}'])
def test_usage_is_asked_for_and_every_other_value_keeps_its_bytes(options: bytes) -> None:
    body = b'{"a":1.500,"b":{"k" : "\\u00e9"},"stream":true' + options + b"}"
    asked = rewrite_call(body, ask_usage=True)
    assert b'"a":1.500,"b":{"k" : "\\u00e9"}' in asked
    assert json.loads(asked)["stream_options"] == {"include_usage": True}


def test_other_stream_options_stay() -> None:
    asked = json.loads(rewrite_call(b'{"stream_options":{"x":1,"include_usage":false}}', ask_usage=True))
    assert asked["stream_options"] == {"x": 1, "include_usage": True}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, TokenUsage(10, 5)),
        ({"prompt_tokens": 10, "completion_tokens": 5}, TokenUsage(10, 5)),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            TokenUsage(10, 5, 4, None, 3),
        ),
        # Gemini and xAI: reasoning only in the total
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 40}, TokenUsage(10, 30, None, None, 25)),
        ({"prompt_tokens": 10, "total_tokens": 40}, TokenUsage(10, 30, None, None, 30)),
        ({"prompt_tokens": 7, "total_tokens": 7}, TokenUsage(7, None)),
    ],
)
def test_usage_of_providers_becomes_ours(given: dict[str, Any], expected: TokenUsage) -> None:
    assert token_usage(usage(**given)) == expected


def test_a_transcript_gathers_a_stream() -> None:
    transcript = Transcript(1000)
    assert not transcript.started
    for piece in (
        delta(role="assistant"),
        delta(content="Hel"),
        delta(content="lo"),
        b": ping\n\n",
        b"data: broken\n\n",
    ):
        assert not read_event(transcript, piece)
    assert (transcript.started, transcript.complete) == (True, False)
    assert read_event(
        transcript, event({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}, "model": "m-1"})
    )
    read_event(transcript, b"data: [DONE]\n\n")
    assert transcript.complete
    assert json.loads(transcript.output_json()) == [{"role": "assistant", "content": "Hello"}]
    assert (transcript.model, transcript.usage) == ("m-1", TokenUsage(1, 2))
    assert transcript.output_tokens() == 2


def test_usage_beside_content_is_not_usage_alone() -> None:
    both = event({"choices": [{"index": 0, "delta": {"content": "x"}}], "usage": {"prompt_tokens": 1}})
    assert not read_event(Transcript(10), both)


def test_tool_calls_are_put_together_from_their_pieces() -> None:
    transcript = Transcript(1000)
    for function in ({"name": "find", "arguments": ""}, {"arguments": '{"q":'}, {"arguments": '"x"}'}, {"name": "buy"}):
        read_event(transcript, delta(tool_calls=[{"index": 0, "function": function}]))
    (message,) = json.loads(transcript.output_json())
    assert [call["function"] for call in message["tool_calls"]] == [
        {"name": "find", "arguments": '{"q":"x"}'},
        {"name": "buy", "arguments": ""},
    ]


def test_thinking_counts_as_output_and_is_not_the_answer() -> None:
    transcript = Transcript(1000)
    read_event(transcript, delta(reasoning_content="12345678"))
    assert (transcript.started, transcript.output_tokens(), transcript.output_json()) == (True, 2, "")


def test_the_text_kept_is_bounded_and_the_count_is_not() -> None:
    transcript = Transcript(10)
    for _ in range(100):
        read_event(transcript, delta(content="abcd"))
    assert json.loads(transcript.output_json())[0]["content"] == "abcdabcdab [truncated]"
    assert transcript.output_tokens() == 100


def test_parallel_choices_are_kept_apart() -> None:
    transcript = Transcript(100)
    for index, text in ((0, "a"), (1, "x"), (0, "b"), (1, "y")):
        read_event(transcript, delta(index, content=text))
    assert [message["content"] for message in json.loads(transcript.output_json())] == ["ab", "xy"]


@pytest.mark.parametrize(
    ("prompt", "tokens"),
    [
        (b'[{"role":"user","content":"12345678"}]', 4 + 2),
        (
            b'[{"role":"user","content":[{"type":"text","text":"1234"},{"type":"image_url","image_url":{"url":"data:x"}}]}]',
            4 + 1,
        ),
        (b'"12345678"', 2),
        (b'["1234","5678"]', 2),
        (b"[1,2,3]", 3),
        (b"[[1,2],[3]]", 3),
        (b"", 0),
        (b"{}", 0),
    ],
)
def test_prompts_are_counted_about_right_when_nobody_else_does(prompt: bytes, tokens: int) -> None:
    assert estimate_prompt_tokens(prompt) == tokens


def test_a_large_prompt_of_words_is_counted_by_its_bytes_and_one_with_a_picture_is_read() -> None:
    words = b'[{"role":"user","content":"' + b"word " * 20_000 + b'"}]'
    assert quick_prompt_tokens(words) == pytest.approx(estimate_prompt_tokens(words), rel=0.01)
    assert quick_prompt_tokens(words.replace(b"word word", b"data:image/png;base64,")) is None
    assert quick_prompt_tokens(b"[]") is None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error":{"message":"no","type":"t","code":"c"}}', ("t", "no")),
        (b'[{"error":{"message":"no","code":400,"status":"INVALID"}}]', ("400", "no")),
        (b'{"error":"plain"}', ("", "plain")),
        (b"<html>", ("", "<html>")),
        (b"", ("", "")),
    ],
)
def test_errors_of_providers_are_read(body: bytes, expected: tuple[str, str]) -> None:
    assert error_of(body) == expected


@pytest.mark.parametrize("count", [-1, 10**30])
def test_a_count_that_cannot_be_one_is_none(count: int) -> None:
    assert token_usage(usage(prompt_tokens=count, completion_tokens=5)) == TokenUsage(None, 5)


@pytest.mark.parametrize(
    "body", [b'{"error":' + DEEP + b"}", b'{"model":"\xff"}', b'{"choices":[{"message":{"content":"\\ud800"}}]}']
)
def test_an_answer_that_cannot_be_read_is_left_unmeasured(body: bytes) -> None:
    transcript = Transcript(100)
    read_body(transcript, body)
    read_event(transcript, b"data: " + body + b"\n\n")
    assert (transcript.usage, transcript.started) == (None, False)
    assert error_of(body)[1]


@given(st.lists(st.tuples(st.integers(0, len(CHUNK) - 1), st.binary(min_size=1, max_size=3)), min_size=1, max_size=5))
def test_no_damaged_bytes_do_harm(changes: list[tuple[int, bytes]]) -> None:
    damaged = bytearray(CHUNK)
    for place, with_bytes in changes:
        damaged[place : place + len(with_bytes)] = with_bytes
    transcript = Transcript(5)
    read_event(transcript, b"data: " + bytes(damaged) + b"\n\n")
    read_body(transcript, bytes(damaged))
    json.loads(transcript.output_json() or "[]")
    transcript.usage
    error_of(bytes(damaged))
    with suppress(InputError):
        call = decode_chat("", bytes(damaged))
        assert rewrite_call(bytes(damaged), model=call.model + "x", ask_usage=True)

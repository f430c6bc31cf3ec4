"""What is read of Gemini's requests and answers as they pass, and the little that is written into requests."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.evaluators.cost import TokenUsage
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.gemini.answers import Usage, token_usage
from lrcp.gateway.wire.gemini.errors import error_of, render_error, render_error_event
from lrcp.gateway.wire.gemini.formats import (
    GEMINI_BATCH_EMBED,
    GEMINI_COUNT_TOKENS,
    GEMINI_EMBED,
    GEMINI_FORMATS,
    GEMINI_GENERATE,
    GEMINI_PREDICT,
)
from lrcp.gateway.wire.transcript import Transcript
from lrcp.model.errors import InputError
from tests.wire.gemini.payloads import REPLY

GENERATE = "/v1beta/models/m-1:generateContent"
DEEP = b'{"contents":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def transcript_of(*bodies: dict[str, Any], whole: bool = True) -> Transcript:
    transcript = Transcript(1000)
    for body in bodies:
        if whole:
            GEMINI_GENERATE.read_body(transcript, json.dumps(body).encode())
        else:
            GEMINI_GENERATE.read_event(transcript, b"data: " + json.dumps(body).encode() + b"\r\n\r\n")
    return transcript


@pytest.mark.parametrize("config", ["generationConfig", "generation_config"])
@pytest.mark.parametrize("bound", ["maxOutputTokens", "max_output_tokens"])
def test_a_call_is_read_in_both_spellings(config: str, bound: str) -> None:
    body = json.dumps({"contents": [{"parts": []}], config: {bound: 9}}).encode()
    call = GEMINI_GENERATE.decode_call(GENERATE, body)
    assert (call.model, call.streams, call.max_tokens, call.prompt) == ("m-1", False, 9, b'[{"parts": []}]')


def test_streaming_is_in_the_path() -> None:
    assert GEMINI_GENERATE.decode_call("/v1beta/models/m-1:streamGenerateContent", b'{"contents":[]}').streams


@pytest.mark.parametrize("name", ["systemInstruction", "system_instruction"])
def test_the_system_instruction_is_the_first_of_the_prompt(name: str) -> None:
    body = b'{"contents":[{"parts":[{"text":"b"}]}],"' + name.encode() + b'":{"parts":[{"text":"a"}]}}'
    prompt = json.loads(GEMINI_GENERATE.decode_call(GENERATE, body).prompt)
    assert prompt == [{"role": "system", "parts": [{"text": "a"}]}, {"parts": [{"text": "b"}]}]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"generationConfig":{"maxOutputTokens":"9"}}'])
def test_a_body_that_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(InputError, match="not a valid request"):
        GEMINI_GENERATE.decode_call(GENERATE, body)


def test_a_body_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(InputError, match="not a valid request"):
        GEMINI_GENERATE.decode_call(GENERATE, DEEP)


def test_predict_is_taken_for_embeddings_only() -> None:
    path = "/v1/publishers/google/models/m:predict"
    call = GEMINI_PREDICT.decode_call(path, b'{"instances":[{"content":"a"}]}')
    assert (call.operation, call.prompt) == ("embeddings", b'[{"content":"a"}]')
    with pytest.raises(InputError, match="content"):
        GEMINI_PREDICT.decode_call(path, b'{"instances":[{"prompt":"a picture of a parcel"}]}')


@pytest.mark.parametrize(
    ("format", "body", "fitted"),
    [
        (GEMINI_GENERATE, b'{"contents": [1.50]}', b'{"contents": [1.50]}'),
        (GEMINI_GENERATE, b'{"model":"models/a","contents": [1.50]}', b'{"model":"models/b","contents":[1.50]}'),
        (
            GEMINI_COUNT_TOKENS,
            b'{"generateContentRequest":{"model":"models/a","contents":[]}}',
            b'{"generateContentRequest":{"model":"models/b","contents":[]}}',
        ),
        (GEMINI_COUNT_TOKENS, b'{"contents": []}', b'{"contents": []}'),
        (GEMINI_EMBED, b'{"model":"models/a","content":{}}', b'{"model":"models/b","content":{}}'),
        (
            GEMINI_BATCH_EMBED,
            b'{"requests":[{"model":"models/a","content":{"x": 1}},{}]}',
            b'{"requests":[{"model":"models/b","content":{"x": 1}},{}]}',
        ),
        (GEMINI_BATCH_EMBED, b'{"requests": [{}]}', b'{"requests": [{}]}'),
        (GEMINI_PREDICT, b'{"instances": []}', b'{"instances": []}'),
    ],
)
def test_a_body_changes_where_it_names_the_model_and_nowhere_else(format: Format, body: bytes, fitted: bytes) -> None:
    call = GEMINI_GENERATE.decode_call("/v1beta/models/a:generateContent", b"{}")
    assert format.fit_body(body, call, "a") is body
    assert format.fit_body(body, call, "b") == fitted


def test_a_whole_reply_is_read() -> None:
    transcript = transcript_of(REPLY)
    assert transcript.usage == TokenUsage(105, 50, 40, None, 30, service_tier="priority")
    assert transcript.model == "gemini-2.5-flash-002"
    assert transcript.finish_reasons == ["STOP"]
    [message] = json.loads(transcript.output_json())
    assert message["content"] == "One moment."
    assert message["tool_calls"][0]["function"] == {"name": "track", "arguments": '{"parcel":"P-7"}'}
    assert transcript.done


def test_a_stream_is_read_chunk_by_chunk_and_its_last_counts_hold() -> None:
    first = {"candidates": [{"content": {"parts": [{"text": "a"}]}}], "usageMetadata": {"promptTokenCount": 3}}
    last = {
        "candidates": [{"content": {"parts": [{"text": "b"}]}, "finishReason": "MAX_TOKENS"}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
    }
    begun = transcript_of(first, whole=False)
    assert begun.started
    assert not begun.complete
    transcript = transcript_of(first, last, whole=False)
    assert transcript.complete
    assert transcript.usage == TokenUsage(3, 2)
    assert json.loads(transcript.output_json())[0]["content"] == "ab"


def test_a_stream_that_comes_as_one_list_is_read_whole() -> None:
    transcript = Transcript(1000)
    pieces = [{"candidates": [{"content": {"parts": [{"text": text}]}}]} for text in "ab"]
    GEMINI_GENERATE.read_body(transcript, b"\n" + json.dumps([*pieces, REPLY]).encode())
    assert json.loads(transcript.output_json())[0]["content"] == "abOne moment."
    assert transcript.usage == TokenUsage(105, 50, 40, None, 30, service_tier="priority")


def test_a_refused_prompt_is_an_answer_that_ended() -> None:
    transcript = transcript_of({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}, whole=False)
    assert transcript.complete
    assert transcript.finish_reasons == ["PROHIBITED_CONTENT"]


def test_arguments_that_are_streamed_in_pieces_belong_to_the_call_before() -> None:
    calls = [
        {"name": "track", "partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}], "willContinue": True},
        {"partialArgs": [{"jsonPath": "$.a", "stringValue": "y"}]},
    ]
    chunks = [{"candidates": [{"content": {"parts": [{"functionCall": call}]}}]} for call in calls]
    [message] = json.loads(transcript_of(*chunks, whole=False).output_json())
    [call] = message["tool_calls"]
    assert call["function"]["name"] == "track"
    assert '"x"' in call["function"]["arguments"]
    assert '"y"' in call["function"]["arguments"]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (Usage(prompt_token_count=10, candidates_token_count=5, total_token_count=15), TokenUsage(10, 5)),
        (Usage(prompt_token_count=10, thoughts_token_count=7, total_token_count=17), TokenUsage(10, 7, None, None, 7)),
        (Usage(prompt_token_count=10, total_token_count=10), TokenUsage(10, 0)),
        (Usage(prompt_token_count=10, candidates_token_count=5, total_token_count=40), TokenUsage(10, 30)),
        (Usage(prompt_token_count=10), TokenUsage(10)),
        (Usage(), TokenUsage()),
        (Usage(prompt_token_count=-1, candidates_token_count=10**18), TokenUsage()),
    ],
)
def test_counts_are_read(usage: Usage, expected: TokenUsage) -> None:
    assert token_usage(usage) == expected


@pytest.mark.parametrize(
    ("usage", "tier"),
    [
        (Usage(traffic_type="ON_DEMAND"), ""),
        (Usage(traffic_type="ON_DEMAND_FLEX"), "flex"),
        (Usage(traffic_type="PROVISIONED_THROUGHPUT"), "provisioned"),
        (Usage(service_tier="PRIORITY", traffic_type="ON_DEMAND"), "priority"),
        (Usage(service_tier="SERVICE_TIER_FLEX"), "flex"),
        (Usage(traffic_type="new"), ""),
    ],
)
def test_the_tier_is_read(usage: Usage, tier: str) -> None:
    assert token_usage(usage).service_tier == tier


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"embedding": {"values": [1.0]}, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}}, 4),
        ({"embeddings": [{"values": [1.0]}], "usageMetadata": {"totalTokenCount": 4}}, 4),
        ({"predictions": [{"embeddings": {"values": [1.0], "statistics": {"token_count": n}}} for n in (1, 3)]}, 4),
        ({"predictions": [{"embeddings": {"values": [1.0]}}]}, None),
        ({"embedding": {"values": [1.0]}}, None),
    ],
)
def test_what_embeddings_used_is_read_where_it_is_told(body: dict[str, Any], tokens: int | None) -> None:
    transcript = Transcript(1000)
    GEMINI_EMBED.read_body(transcript, json.dumps(body).encode())
    assert transcript.done
    assert (transcript.usage.input_tokens if transcript.usage else None) == tokens


@given(st.binary(max_size=200))
def test_no_answer_whatever_its_bytes_is_an_error(data: bytes) -> None:
    for format in GEMINI_FORMATS:
        format.read_body(Transcript(10), data)
        format.read_event(Transcript(10), b"data: " + data)
        format.error_of(data)
        format.estimate_prompt_tokens(data)


def test_a_prompt_is_estimated_with_its_calls_results_and_pictures() -> None:
    text = GEMINI_GENERATE.estimate_prompt_tokens(json.dumps([{"parts": [{"text": "word " * 100}]}]).encode())
    assert 80 < text < 160
    call = [{"parts": [{"functionCall": {"name": "f", "args": {"a": "word " * 100}}}]}]
    assert GEMINI_GENERATE.estimate_prompt_tokens(json.dumps(call).encode()) > 80
    picture = [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "A" * 50_000}}]}]
    assert GEMINI_GENERATE.estimate_prompt_tokens(json.dumps(picture).encode()) == 262
    batch = json.dumps([{"content": {"parts": [{"text": "word " * 100}]}}]).encode()
    assert GEMINI_BATCH_EMBED.estimate_prompt_tokens(batch) == text
    assert GEMINI_PREDICT.estimate_prompt_tokens(json.dumps([{"content": "word " * 100}]).encode()) == text - 4


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "INVALID_ARGUMENT"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (418, "FAILED_PRECONDITION"),
        (429, "RESOURCE_EXHAUSTED"),
        (500, "INTERNAL"),
        (502, "UNAVAILABLE"),
        (504, "DEADLINE_EXCEEDED"),
        (599, "INTERNAL"),
    ],
)
def test_errors_bear_googles_status(status: int, name: str) -> None:
    body = render_error(status, "no", "rate_limit_error", "too_many")
    error = json.loads(body)["error"]
    assert (error["code"], error["status"], error["message"]) == (status, name, "no")
    assert error["details"][0]["reason"] == "TOO_MANY"
    assert error_of(body) == (name, "no")
    assert render_error_event(status, "no", "", "too_many") == b"data: " + body + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'[{"error":{"code":503,"message":"later","status":"UNAVAILABLE"}}]', ("UNAVAILABLE", "later")),
        (b'{"error":{"code":503,"message":"later"}}', ("503", "later")),
        (b"<html>", ("", "<html>")),
        (b'{"error":"later"}', ("", "later")),
    ],
)
def test_errors_are_read(body: bytes, expected: tuple[str, str]) -> None:
    assert error_of(body) == expected

"""What three model providers put on the wire: whole replies, stream frames and errors, as plain data.

Every reply says the same thing with the same usage, so that a test can name each number: see `USAGE` and `ANSWER`.
"""

import json
from dataclasses import dataclass
from typing import Any

ANSWER = "The parcel arrives on Friday, in two boxes."
PIECES = ("The parcel ", "arrives on Friday, ", "in two boxes.")


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of one generation. `input` holds the cached ones, `output` the reasoning ones, as in OpenAI's words."""

    input: int = 120
    cached: int = 80
    output: int = 24
    reasoning: int = 10


USAGE = Usage()


def openai_usage() -> dict[str, Any]:
    return {
        "prompt_tokens": USAGE.input,
        "completion_tokens": USAGE.output,
        "total_tokens": USAGE.input + USAGE.output,
        "prompt_tokens_details": {"cached_tokens": USAGE.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": USAGE.reasoning, "audio_tokens": 0},
    }


def openai_reply(model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": ANSWER, "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": f"{model}-2026-08-01",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": openai_usage(),
        "system_fingerprint": "fp_1",
    }


def openai_frames(model: str, *, with_usage: bool) -> list[dict[str, Any]]:
    """The chunks of a stream, without the closing [DONE]; usage comes last, in a chunk with no choices."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in PIECES), {}]
    frames = [
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_760_000_000,
            "model": f"{model}-2026-08-01",
            "choices": [{"index": 0, "delta": delta, "finish_reason": None if delta else "stop"}],
        }
        for delta in deltas
    ]
    if with_usage:
        frames.append({**frames[0], "choices": [], "usage": openai_usage()})
    return frames


def openai_embeddings(model: str, texts: list[str]) -> dict[str, Any]:
    vectors = [
        {"object": "embedding", "index": i, "embedding": [0.5, float(len(text)), -0.25]} for i, text in enumerate(texts)
    ]
    return {
        "object": "list",
        "model": model,
        "data": vectors,
        "usage": {"prompt_tokens": USAGE.input, "total_tokens": USAGE.input},
    }


def openai_error(status: int, message: str) -> dict[str, Any]:
    kinds = {404: "not_found_error", 429: "rate_limit_error", 500: "server_error"}
    return {
        "error": {"message": message, "type": kinds.get(status, "invalid_request_error"), "param": None, "code": None}
    }


def gemini_usage() -> dict[str, Any]:
    """Gemini counts thoughts beside the candidates, not within them."""
    return {
        "promptTokenCount": USAGE.input,
        "cachedContentTokenCount": USAGE.cached,
        "candidatesTokenCount": USAGE.output - USAGE.reasoning,
        "thoughtsTokenCount": USAGE.reasoning,
        "totalTokenCount": USAGE.input + USAGE.output,
    }


def gemini_reply(model: str, text: str = ANSWER, *, finished: bool = True) -> dict[str, Any]:
    candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}}
    reply: dict[str, Any] = {"candidates": [candidate], "modelVersion": model, "responseId": "gemini-1"}
    if finished:
        candidate["finishReason"] = "STOP"
        reply["usageMetadata"] = gemini_usage()
    return reply


def gemini_frames(model: str) -> list[dict[str, Any]]:
    return [gemini_reply(model, piece, finished=piece == PIECES[-1]) for piece in PIECES]


def gemini_call_reply(model: str) -> dict[str, Any]:
    """An answer that calls the tool `track`, with the signature that later Gemini models want back."""
    reply = gemini_reply(model, PIECES[0])
    call = {"functionCall": {"id": "fc-1", "name": "track", "args": TOOL_INPUT}, "thoughtSignature": "c2lnbmVk"}
    reply["candidates"][0]["content"]["parts"].append(call)
    return reply


def gemini_call_frames(model: str) -> list[dict[str, Any]]:
    """The same as a stream."""
    whole = gemini_call_reply(model)
    text, call = whole["candidates"][0]["content"]["parts"]
    last = {**whole, "candidates": [{**whole["candidates"][0], "content": {"role": "model", "parts": [call]}}]}
    return [gemini_reply(model, text["text"], finished=False), last]


def gemini_failing_frames(model: str) -> list[dict[str, Any]]:
    """A stream that the provider ends with an error after its first words."""
    return [gemini_frames(model)[0], gemini_error(503, "too many requests just now")]


def gemini_embedding() -> dict[str, Any]:
    return {"embedding": {"values": [0.5, -0.25]}, "usageMetadata": {"promptTokenCount": USAGE.input}}


def gemini_embeddings(count: int) -> dict[str, Any]:
    vectors = [{"values": [0.5, float(number)]} for number in range(count)]
    return {"embeddings": vectors, "usageMetadata": {"promptTokenCount": USAGE.input}}


def vertex_predictions(count: int) -> dict[str, Any]:
    """Vertex AI's older form, which counts each text by itself."""
    statistics = {"token_count": USAGE.input // count, "truncated": False}
    return {"predictions": [{"embeddings": {"values": [0.5, n], "statistics": statistics}} for n in range(count)]}


def gemini_error(status: int, message: str) -> dict[str, Any]:
    states = {404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}
    return {"error": {"code": status, "message": message, "status": states.get(status, "INVALID_ARGUMENT")}}


def anthropic_usage() -> dict[str, Any]:
    """Anthropic counts cached input beside `input_tokens`, not within it."""
    return {
        "input_tokens": USAGE.input - USAGE.cached,
        "cache_read_input_tokens": USAGE.cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": USAGE.output,
    }


def anthropic_reply(model: str) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [{"type": "text", "text": ANSWER}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": anthropic_usage(),
    }


def anthropic_frames(model: str) -> list[dict[str, Any]]:
    """The events of a stream; each is sent under its own `event:` name, which is its `type`."""
    opened = {**anthropic_reply(model), "content": [], "stop_reason": None}
    opened["usage"] = {**anthropic_usage(), "output_tokens": 1}
    pieces = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}} for piece in PIECES
    ]
    return [
        {"type": "message_start", "message": opened},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *pieces,
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": USAGE.output},
        },
        {"type": "message_stop"},
    ]


def anthropic_error(status: int, message: str) -> dict[str, Any]:
    kinds = {404: "not_found_error", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}
    return {"type": "error", "error": {"type": kinds.get(status, "invalid_request_error"), "message": message}}


TOOL_INPUT = {"parcel": "P-7", "exact": True}
"""What a model that calls a tool gives it."""


def anthropic_call_reply(model: str) -> dict[str, Any]:
    """An answer that calls the tool `track`."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "track", "input": TOOL_INPUT}
    content = [{"type": "text", "text": PIECES[0]}, call]
    return {**anthropic_reply(model), "content": content, "stop_reason": "tool_use"}


def anthropic_call_frames(model: str) -> list[dict[str, Any]]:
    """The events of the same as a stream, the tool's input in two pieces."""
    opened, text, *_, usage, stopped = anthropic_frames(model)
    arguments = json.dumps(TOOL_INPUT)
    call = {"type": "tool_use", "id": "toolu_1", "name": "track", "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", arguments[:9], arguments[9:])]
    return [
        opened,
        text,
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": PIECES[0]}},
        {"type": "content_block_stop", "index": 0},
        {"type": "content_block_start", "index": 1, "content_block": call},
        *({"type": "content_block_delta", "index": 1, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": 1},
        {**usage, "delta": {"stop_reason": "tool_use", "stop_sequence": None}},
        stopped,
    ]


def anthropic_failing_frames(model: str) -> list[dict[str, Any]]:
    """A stream that the provider ends with an error after its first words."""
    return [*anthropic_frames(model)[:3], anthropic_error(529, "too many requests just now")]

"""Answers and streams as Anthropic's documentation shapes them, for the tests of this folder to read."""

import json
from typing import Any

USAGE = {
    "input_tokens": 40,
    "cache_read_input_tokens": 70,
    "cache_creation_input_tokens": 10,
    "cache_creation": {"ephemeral_5m_input_tokens": 8, "ephemeral_1h_input_tokens": 2},
    "output_tokens": 24,
    "output_tokens_details": {"thinking_tokens": 9},
    "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
    "service_tier": "priority",
    "inference_geo": "not_available",
}


def message(**changes: Any) -> bytes:
    """A whole answer: thinking, words and a call."""
    return json.dumps(
        {
            "id": "msg_01",
            "type": "message",
            "role": "assistant",
            "model": "claude-opus-5-5",
            "content": [
                {"type": "thinking", "thinking": "Weather, then.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "ZW5j"},
                {"type": "text", "text": "Let me look.", "citations": None},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Köln", "days": 1.50}},
            ],
            "stop_reason": "tool_use",
            "stop_sequence": None,
            "stop_details": None,
            "usage": USAGE,
            **changes,
        },
        ensure_ascii=False,
    ).encode()


def event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def _start(index: int, block: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def _delta(index: int, delta: dict[str, Any]) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def _stop(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def stream() -> list[bytes]:
    """The events of the same answer, and of a second call that takes nothing."""
    opened = json.loads(message(content=[], stop_reason=None, usage={**USAGE, "output_tokens": 3}))
    del opened["usage"]["output_tokens_details"]
    events = [
        {"type": "message_start", "message": opened},
        _start(0, {"type": "thinking", "thinking": "", "signature": ""}),
        {"type": "ping"},
        _delta(0, {"type": "thinking_delta", "thinking": "Weather, "}),
        _delta(0, {"type": "thinking_delta", "thinking": "then."}),
        _delta(0, {"type": "signature_delta", "signature": "c2ln"}),
        _stop(0),
        _start(1, {"type": "redacted_thinking", "data": "ZW5j"}),
        _stop(1),
        _start(2, {"type": "text", "text": ""}),
        _delta(2, {"type": "text_delta", "text": "Let me "}),
        _delta(2, {"type": "text_delta", "text": "look."}),
        _stop(2),
        _start(3, {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}),
        _delta(3, {"type": "input_json_delta", "partial_json": ""}),
        _delta(3, {"type": "input_json_delta", "partial_json": '{"city": "Kö'}),
        _delta(3, {"type": "input_json_delta", "partial_json": 'ln", "days": 1.50}'}),
        _stop(3),
        _start(4, {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}}),
        _delta(4, {"type": "input_json_delta", "partial_json": ""}),
        _stop(4),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use", "stop_sequence": None},
            "usage": {"output_tokens": 24, "output_tokens_details": {"thinking_tokens": 9}},
        },
        {"type": "message_stop"},
    ]
    return [event(data) for data in events]

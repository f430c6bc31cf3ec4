"""A small server that answers as OpenAI, Anthropic and Gemini do, so that their real clients can be run under a tracer.

It gives the same fixed replies each time; what is under test is what the tracer says about them.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

OPENAI_USAGE: Final = {
    "prompt_tokens": 120,
    "completion_tokens": 30,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 12},
}
ANTHROPIC_USAGE: Final = {
    "input_tokens": 20,
    "output_tokens": 9,
    "cache_creation_input_tokens": 50,
    "cache_read_input_tokens": 30,
}
GEMINI_USAGE: Final = {
    "promptTokenCount": 40,
    "candidatesTokenCount": 10,
    "thoughtsTokenCount": 5,
    "cachedContentTokenCount": 16,
    "totalTokenCount": 55,
}
_CHAT: Final[dict[str, Any]] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Returns are free for 30 days."},
        }
    ],
    "usage": OPENAI_USAGE,
}
_EMBEDDING: Final[dict[str, Any]] = {
    "object": "list",
    "model": "text-embedding-3-small",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
    "usage": {"prompt_tokens": 7, "total_tokens": 7},
}
_MESSAGE: Final[dict[str, Any]] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Blue fits best."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": ANTHROPIC_USAGE,
}
_GEMINI: Final[dict[str, Any]] = {
    "candidates": [
        {"content": {"role": "model", "parts": [{"text": "It ships today."}]}, "finishReason": "STOP", "index": 0}
    ],
    "usageMetadata": GEMINI_USAGE,
    "modelVersion": "gemini-2.5-flash",
}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])) or b"{}")
        if self.path.endswith("/chat/completions"):
            self._chat(body)
        elif self.path.endswith("/embeddings"):
            self._json(200, _EMBEDDING)
        elif self.path.endswith("/messages"):
            self._json(200, _MESSAGE)
        elif "generateContent" in self.path:
            self._json(200, _GEMINI)
        else:
            self._json(404, {"error": {"message": "no such path", "type": "not_found"}})

    def _chat(self, body: dict[str, Any]) -> None:
        if body.get("model") == "missing":
            self._json(
                404, {"error": {"message": "The model 'missing' does not exist", "type": "invalid_request_error"}}
            )
        elif body.get("stream"):
            self._reply(200, "text/event-stream", b"".join(_chunks()))
        else:
            self._json(200, _CHAT)

    def _json(self, status: int, value: object) -> None:
        self._reply(status, "application/json", json.dumps(value).encode())

    def _reply(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the test's output is for the test."""


def _chunks() -> Iterator[bytes]:
    head = {key: _CHAT[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    deltas: list[tuple[dict[str, str], str | None]] = [
        ({"role": "assistant", "content": ""}, None),
        ({"content": "Returns are free"}, None),
        ({"content": " for 30 days."}, None),
        ({}, "stop"),
    ]
    for delta, reason in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        yield b"data: " + json.dumps(head | {"choices": [choice]}).encode() + b"\n\n"
    yield b"data: " + json.dumps(head | {"choices": [], "usage": OPENAI_USAGE}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


@contextmanager
def serve_providers() -> Iterator[str]:
    """Serve until the block ends. Yields: the base address, `http://127.0.0.1:<port>`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)

"""An upstream that speaks OpenAI's wire and misbehaves on demand: the model's name says how.

`plain` answers well, whole or streamed, with usage when a stream asks for it. Others: see the table at the end.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

WORDS = ["Wait", " for", " the", " bus", "."]
PROMPT_TOKENS, COMPLETION_TOKENS, CACHED_TOKENS = 1000, 100, 200
USAGE = {
    "prompt_tokens": PROMPT_TOKENS,
    "completion_tokens": COMPLETION_TOKENS,
    "total_tokens": PROMPT_TOKENS + COMPLETION_TOKENS,
    "prompt_tokens_details": {"cached_tokens": CACHED_TOKENS},
}


@dataclass
class Wayward:
    """What came in, byte for byte, and the two signals of the tests that need them."""

    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    may_go_on: threading.Event = field(default_factory=threading.Event)
    sent_events: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def build(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/embeddings", self._embed)
        app.router.add_get("/v1/models{rest:(?s:.*)}", self._models)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.bodies.append(body)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        asked = json.loads(body)
        try:
            return await _MANNERS.get(asked["model"], _well)(self, request, asked)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise

    async def _embed(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        data = [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5]}]
        usage = {"prompt_tokens": 7, "total_tokens": 7}
        return web.json_response({"object": "list", "model": "embedder", "data": data, "usage": usage})

    async def _models(self, request: web.Request) -> web.Response:
        self.paths.append(request.raw_path)
        return web.json_response({"object": "list", "data": [{"id": "plain", "object": "model", "owned_by": "tests"}]})

    async def wait_to_go_on(self) -> None:
        while not self.may_go_on.is_set():  # noqa: ASYNC110 - set by a thread, and the wait must be cancellable
            await asyncio.sleep(0.01)

    async def open_stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "x-request-id": "req-1"})
        await response.prepare(request)
        return response

    async def send_event(self, response: web.StreamResponse, data: dict[str, Any]) -> None:
        event = b"data: " + json.dumps(data).encode() + b"\n\n"
        self.sent_events.append(event)
        await response.write(event)


def chunk(model: str, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}


def whole(model: str, content: str = "".join(WORDS), *, usage: bool = True) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    body = {"id": "c-1", "object": "chat.completion", "created": 1, "model": model, "choices": [choice]}
    return {**body, "usage": USAGE} if usage else body


async def _well(upstream: Wayward, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    if not asked.get("stream"):
        return web.json_response(whole(asked["model"]), headers={"x-request-id": "req-1"})
    response = await upstream.open_stream(request)
    for word in WORDS:
        await upstream.send_event(response, chunk(asked["model"], {"content": word}))
    await upstream.send_event(response, chunk(asked["model"], {}, "stop"))
    if (asked.get("stream_options") or {}).get("include_usage"):
        await upstream.send_event(response, {**chunk(asked["model"], {}), "choices": [], "usage": USAGE})
    await response.write(b"data: [DONE]\n\n")
    return response


async def _without_usage(upstream: Wayward, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    if not asked.get("stream"):
        return web.json_response(whole(asked["model"], usage=False))
    return await _well(upstream, request, {**asked, "stream_options": None})


async def _throttled(_upstream: Wayward, _request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
    error = {"error": {"message": "slow down", "type": "rate_limit_error", "code": "rate_limited", "param": None}}
    return web.json_response(error, status=429, headers={"retry-after": "7"})


async def _gateway_page(_upstream: Wayward, _request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
    return web.Response(status=500, text="<html>no</html>", content_type="text/html")


async def _cut(upstream: Wayward, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    response = await upstream.open_stream(request)
    await upstream.send_event(response, chunk(asked["model"], {"content": WORDS[0]}))
    _abort(request)
    return response


async def _ends_early(upstream: Wayward, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    response = await upstream.open_stream(request)
    await upstream.send_event(response, chunk(asked["model"], {"content": WORDS[0]}))
    return response


async def _drops(_upstream: Wayward, request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
    _abort(request)
    return web.Response()


async def _cut_body(_upstream: Wayward, request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "application/json", "content-length": "1000"})
    await response.prepare(request)
    await response.write(b'{"id":')
    _abort(request)
    return response


async def _hangs(upstream: Wayward, _request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    upstream.reached.set()
    await upstream.wait_to_go_on()
    return web.json_response(whole(asked["model"]))


async def _pauses(upstream: Wayward, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    response = await upstream.open_stream(request)
    await upstream.send_event(response, chunk(asked["model"], {"content": WORDS[0]}))
    upstream.reached.set()
    await upstream.wait_to_go_on()
    await upstream.send_event(response, chunk(asked["model"], {"content": WORDS[1]}, "stop"))
    await response.write(b"data: [DONE]\n\n")
    return response


async def _shouts(_upstream: Wayward, _request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    return web.json_response(whole(asked["model"], "a" * 200_000))


async def _babbles(_upstream: Wayward, _request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
    return web.Response(body=b"\x00\xffnot json", content_type="application/json")


async def _drones(upstream: Wayward, request: web.Request, _asked: dict[str, Any]) -> web.StreamResponse:
    response = await upstream.open_stream(request)
    for _ in range(100):
        await response.write(b"data: " + b"x" * 1000)
    return response


async def _begins_and_drones(upstream: Wayward, request: web.Request, asked: dict[str, Any]) -> web.StreamResponse:
    response = await upstream.open_stream(request)
    await upstream.send_event(response, chunk(asked["model"], {"content": WORDS[0]}))
    await asyncio.sleep(0.2)  # so that the first event is read by itself
    for _ in range(100):
        await response.write(b"data: " + b"x" * 1000)
    return response


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


_Manner = Callable[[Wayward, web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]
_MANNERS: dict[str, _Manner] = {
    "without-usage": _without_usage,
    "throttled": _throttled,
    "gateway-page": _gateway_page,
    "cut": _cut,
    "ends-early": _ends_early,
    "drops": _drops,
    "cut-body": _cut_body,
    "hangs": _hangs,
    "pauses": _pauses,
    "shouts": _shouts,
    "babbles": _babbles,
    "drones": _drones,
    "begins-and-drones": _begins_and_drones,
}

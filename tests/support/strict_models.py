"""A provider on a real socket that speaks four wire formats strictly: what its clients' types do not allow gets a 400.

It answers by strict_wires.answer_to. A model named `throttled` is refused with 429 and told to wait; `broken` fails with
500; `whole` answers whole though asked for a stream, `streamer` the reverse; `cut` ends its stream early, `faltering`
with an error.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.support import model_wires, strict_wires
from tests.support.strict_wires import Heard, Said, answer_to

_FAILURES = {"throttled": 429, "broken": 500}
_FAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("", model_wires.openai_error(500, "the model fell over")),
    "response": ("error", {"type": "error", **model_wires.openai_error(500, "the model fell over")}),
    "messages": ("error", model_wires.anthropic_error(529, "the model fell over")),
    "gemini": ("", model_wires.gemini_error(500, "the model fell over")),
}


@dataclass
class StrictProvider:
    """Where it listens, and what it heard, got and was told to complain of."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    may_go_on: threading.Event = field(default_factory=threading.Event)


_Errors = Callable[[int, str], dict[str, Any]]


_PROVIDER = web.AppKey("provider", StrictProvider)


def _build(provider: StrictProvider) -> web.Application:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app[_PROVIDER] = provider
    app.router.add_post("/v1/chat/completions", _chat)
    app.router.add_post("/v1/responses", _responses)
    app.router.add_post("/v1/messages", _messages)
    app.router.add_post("/v1beta/models/{model}:{verb:generateContent|streamGenerateContent}", _gemini)
    app.router.add_post("/v1/embeddings", _embed)
    app.router.add_post("/v1beta/models/{model}:{verb:embedContent|batchEmbedContents}", _embed_gemini)
    return app


async def _serve(
    request: web.Request, wire: str, hear: Callable[[dict[str, Any]], Heard], errors: _Errors
) -> web.StreamResponse:
    provider, body = request.app[_PROVIDER], await request.json()
    provider.bodies.append(body)
    provider.paths.append(request.path_qs)
    try:
        heard = hear(body)
    except (ValueError, KeyError, TypeError) as error:
        provider.complaints.append(str(error))
        return web.json_response(errors(400, str(error)[:900]), status=400)
    provider.heard.append(heard)
    if status := _FAILURES.get(heard.model):
        wait = {"retry-after": "9"} if status == 429 else {}
        return web.json_response(errors(status, f"no: {heard.model}"), status=status, headers=wait)
    said = answer_to(heard)
    if heard.streams == (heard.model in ("whole", "streamer")):
        return web.json_response(getattr(strict_wires, f"say_{wire}")(heard, said))
    return await _stream(provider, request, wire, heard, said)


async def _chat(request: web.Request) -> web.StreamResponse:
    return await _serve(request, "chat", strict_wires.hear_chat, model_wires.openai_error)


async def _responses(request: web.Request) -> web.StreamResponse:
    return await _serve(request, "response", strict_wires.hear_response, model_wires.openai_error)


async def _messages(request: web.Request) -> web.StreamResponse:
    if not request.headers.get("anthropic-version"):
        await request.read()
        return web.json_response(model_wires.anthropic_error(400, "anthropic-version: missing"), status=400)
    return await _serve(request, "messages", strict_wires.hear_messages, model_wires.anthropic_error)


async def _gemini(request: web.Request) -> web.StreamResponse:
    model, streams = request.match_info["model"], request.match_info["verb"] == "streamGenerateContent"
    if streams and request.query.get("alt") != "sse":
        await request.read()
        return web.json_response(model_wires.gemini_error(400, "alt: only sse"), status=400)

    def hear(body: dict[str, Any]) -> Heard:
        return strict_wires.hear_gemini(body, model, streams)

    return await _serve(request, "gemini", hear, model_wires.gemini_error)


async def _stream(
    provider: StrictProvider, request: web.Request, wire: str, heard: Heard, said: Said
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    frames = list(getattr(strict_wires, f"stream_{wire}")(heard, said))
    if heard.model in ("cut", "faltering"):
        frames = frames[: (len(frames) + 1) // 2]
    if heard.model == "faltering":
        frames.append(_FAULTS[wire])
    for i, (name, frame) in enumerate(frames):
        if heard.model == "pauses" and i == len(frames) // 2:
            await asyncio.to_thread(provider.may_go_on.wait, 30)
        event = f"event: {name}\n" if name else ""
        await response.write(f"{event}data: {json.dumps(frame)}\n\n".encode())
    if wire == "chat" and heard.model not in ("cut", "faltering"):
        await response.write(b"data: [DONE]\n\n")
    await response.write_eof()
    return response


def vector_of(text: str) -> list[float]:
    """What every provider here makes of a text; each number has an exact float32."""
    return [0.5, float(len(text)), -0.25]


async def _embed(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    rows = [{"object": "embedding", "index": i, "embedding": vector_of(t)} for i, t in enumerate(body["input"])]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    return web.json_response({"object": "list", "model": body["model"], "data": rows, "usage": usage})


async def _embed_gemini(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    if request.match_info["verb"] == "embedContent":
        return web.json_response({"embedding": {"values": vector_of(body["content"]["parts"][0]["text"])}})
    texts = [one["content"]["parts"][0]["text"] for one in body["requests"]]
    return web.json_response({"embeddings": [{"values": vector_of(text)} for text in texts]})


@contextmanager
def strict_provider() -> Iterator[StrictProvider]:
    """Serve from a thread of its own until the block ends."""
    provider, loop = StrictProvider(), asyncio.new_event_loop()
    runner = web.AppRunner(_build(provider), shutdown_timeout=1)
    loop.run_until_complete(runner.setup())
    loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", 0).start())
    host, port = runner.addresses[0][:2]
    provider.url = f"http://{host}:{port}"
    thread = threading.Thread(target=loop.run_forever, name="strict-provider", daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.may_go_on.set()
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()

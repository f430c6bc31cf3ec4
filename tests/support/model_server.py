"""A real HTTP server that speaks the OpenAI, Gemini and Anthropic wires, on a free port, with known answers and usage.

A model named `missing`, `throttled` or `broken` fails with 404, 429 or 500 in the provider's own shape; any other
answers; `empty` replies 200 with no choices, `babble` 200 with a web page; on Anthropic's and Gemini's wires `caller` calls a tool and
`faltering` ends its stream with an error. Each request is kept, headers and body, for a test to look at.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.support import model_wires as wires

FAILURES = {"missing": 404, "throttled": 429, "broken": 500}
_Errors = Callable[[int, str], dict[str, Any]]


@dataclass(frozen=True)
class ModelRequest:
    """One request as it came: header names are lower case; raw is the body's bytes."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    raw: bytes = b""


@dataclass
class ModelServer:
    """Where the server listens, what it was asked, and how it replies: further headers, and seconds it waits before."""

    url: str = ""
    requests: list[ModelRequest] = field(default_factory=list)
    reply_headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0

    @property
    def openai_url(self) -> str:
        """What the openai client takes as its base URL."""
        return f"{self.url}/v1"


@contextmanager
def running_model_server() -> Iterator[ModelServer]:
    """Serve from a thread of its own until the block ends."""
    server = ModelServer()
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(build_app(server), shutdown_timeout=1)
    server.url = loop.run_until_complete(_listen(runner))
    thread = threading.Thread(target=loop.run_forever, name="model-server", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_close(runner), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _listen(runner: web.AppRunner) -> str:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"


async def _close(runner: web.AppRunner) -> None:
    await runner.cleanup()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


_SERVER = web.AppKey("server", ModelServer)


def build_app(server: ModelServer) -> web.Application:
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app[_SERVER] = server
    app.on_response_prepare.append(_add_headers)
    app.add_routes(
        [
            web.post("/v1/chat/completions", _chat),
            web.post("/v1/embeddings", _embed),
            web.get("/v1/models", _models),
            web.post("/v1/messages", _messages),
            web.post("/v1/messages/count_tokens", _count_tokens),
            *(
                web.post(f"{base}/models/{{model}}:{verb}", call)
                for base in _GEMINI_BASES
                for verb, call in _GEMINI_CALLS.items()
            ),
        ]
    )
    return app


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(request.app[_SERVER].reply_headers)


async def _keep(request: web.Request) -> dict[str, Any]:
    body: dict[str, Any] = await request.json()
    headers = {name.lower(): value for name, value in request.headers.items()}
    server = request.app[_SERVER]
    server.requests.append(ModelRequest(request.path, headers, body, await request.read()))
    await asyncio.sleep(server.delay_s)
    return body


def _failure(model: str, errors: _Errors) -> web.Response | None:
    status = FAILURES.get(model)
    if status is None:
        return None
    return web.json_response(errors(status, f"the model '{model}' fails with {status}"), status=status)


async def _stream(request: web.Request, lines: list[str]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/event-stream"})
    await response.prepare(request)
    for line in lines:
        await response.write(line.encode())
    await response.write_eof()
    return response


async def _chat(request: web.Request) -> web.StreamResponse:
    body = await _keep(request)
    model = body["model"]
    failed = _failure(model, wires.openai_error)
    if failed is not None:
        return failed
    if model == "babble":
        return web.Response(text="<html>Welcome to the captive portal</html>", content_type="text/html")
    if not body.get("stream"):
        reply = wires.openai_reply(model)
        return web.json_response({**reply, "choices": []} if model == "empty" else reply)
    with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    frames = [f"data: {json.dumps(frame)}\n\n" for frame in wires.openai_frames(model, with_usage=with_usage)]
    return await _stream(request, [*frames, "data: [DONE]\n\n"])


async def _embed(request: web.Request) -> web.StreamResponse:
    body = await _keep(request)
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    failed = _failure(body["model"], wires.openai_error)
    return failed or web.json_response(wires.openai_embeddings(body["model"], texts))


async def _models(request: web.Request) -> web.StreamResponse:
    card = {"id": "tiny-1", "object": "model", "created": 1_760_000_000, "owned_by": "tests"}
    return web.json_response({"object": "list", "data": [card]})


async def _messages(request: web.Request) -> web.StreamResponse:
    body = await _keep(request)
    model = body["model"]
    failed = _failure(model, wires.anthropic_error)
    if failed is not None:
        return failed
    if not body.get("stream"):
        reply = wires.anthropic_call_reply if model == "caller" else wires.anthropic_reply
        return web.json_response(reply(model))
    frames = _MESSAGE_FRAMES.get(model, wires.anthropic_frames)(model)
    return await _stream(request, [f"event: {frame['type']}\ndata: {json.dumps(frame)}\n\n" for frame in frames])


_MESSAGE_FRAMES = {"caller": wires.anthropic_call_frames, "faltering": wires.anthropic_failing_frames}


async def _count_tokens(request: web.Request) -> web.StreamResponse:
    body = await _keep(request)
    failed = _failure(body["model"], wires.anthropic_error)
    return failed or web.json_response({"input_tokens": wires.USAGE.input})


async def _generate(request: web.Request) -> web.StreamResponse:
    await _keep(request)
    model = request.match_info["model"]
    reply = wires.gemini_call_reply if model == "caller" else wires.gemini_reply
    return _failure(model, wires.gemini_error) or web.json_response(reply(model))


async def _generate_stream(request: web.Request) -> web.StreamResponse:
    """Events where the query says so; a list of the same chunks where it does not, as Google does."""
    await _keep(request)
    model = request.match_info["model"]
    failed = _failure(model, wires.gemini_error)
    if failed is not None:
        return failed
    frames = _GENERATE_FRAMES.get(model, wires.gemini_frames)(model)
    if request.query.get("alt") != "sse":
        return web.json_response(frames)
    return await _stream(request, [f"data: {json.dumps(frame)}\r\n\r\n" for frame in frames])


_GENERATE_FRAMES = {"caller": wires.gemini_call_frames, "faltering": wires.gemini_failing_frames}


async def _count_contents(request: web.Request) -> web.StreamResponse:
    await _keep(request)
    failed = _failure(request.match_info["model"], wires.gemini_error)
    return failed or web.json_response({"totalTokens": wires.USAGE.input})


async def _embed_content(request: web.Request) -> web.StreamResponse:
    await _keep(request)
    failed = _failure(request.match_info["model"], wires.gemini_error)
    return failed or web.json_response(wires.gemini_embedding())


async def _embed_contents(request: web.Request) -> web.StreamResponse:
    body = await _keep(request)
    failed = _failure(request.match_info["model"], wires.gemini_error)
    return failed or web.json_response(wires.gemini_embeddings(len(body["requests"])))


async def _predict(request: web.Request) -> web.StreamResponse:
    body = await _keep(request)
    failed = _failure(request.match_info["model"], wires.gemini_error)
    return failed or web.json_response(wires.vertex_predictions(len(body["instances"])))


_GEMINI_BASES = (
    "/{version:v1|v1beta}",
    "/{version:v1|v1beta1}/projects/{project}/locations/{location}/publishers/google",
    "/{version:v1|v1beta1}/publishers/google",
)
_GEMINI_CALLS = {
    "generateContent": _generate,
    "streamGenerateContent": _generate_stream,
    "countTokens": _count_contents,
    "embedContent": _embed_content,
    "batchEmbedContents": _embed_contents,
    "predict": _predict,
}

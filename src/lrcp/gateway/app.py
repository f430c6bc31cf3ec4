"""The gateway as an ASGI application: reads a bounded request, sends it through the stages, and gives the reply back."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import perf_counter_ns
from typing import Any

import msgspec

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway.asgi import Receive, Scope, Send
from lrcp.gateway.chain import make_call_handler
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.errors import describe_error
from lrcp.gateway.exchange import Exchange, Reply, Target
from lrcp.gateway.telemetry.exporter import SpanExporter
from lrcp.gateway.tracecontext import continue_trace
from lrcp.gateway.upstream import UpstreamClient
from lrcp.gateway.wire.openai import CHAT, EMBEDDINGS, decode_call, render_error, render_error_event
from lrcp.kit.clock import Clock, SystemClock
from lrcp.model.errors import InputError, LrcpError, TooLargeError

log = logging.getLogger(__name__)

_OPERATIONS = {"/v1/chat/completions": CHAT, "/v1/embeddings": EMBEDDINGS}
_PATHS = "POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models, GET /health"
_JSON = (b"content-type", b"application/json")
_FAULT = "the gateway failed on this request; its log says why"


class GatewayApp:
    """The application. It owns the connections to providers and the exporter, from lifespan start to lifespan end."""

    def __init__(self, config: GatewayConfig, book: PriceBook, clock: Clock | None = None) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self._client = UpstreamClient(config.timeouts, config.limits)
        self._exporter = SpanExporter(config.telemetry)
        self._call_model = make_call_handler(config, book, self._client, self._exporter.emit)
        self._in_progress = 0
        self._faults = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._client.start()
        await self._exporter.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._client.close()
        await self._exporter.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._in_progress += 1
        try:
            exchange = await self._read(scope, receive)
            async with _cancelled_when_client_leaves(receive):
                reply = await self._answer(exchange)
                if reply.stream is None:
                    await _send_reply(send, reply)
                else:
                    await self._send_stream(send, reply, reply.stream)
        except LrcpError as error:  # of reading the request; errors of answering it are replies by now
            await _send_reply(send, _render(error))
        finally:
            self._in_progress -= 1

    async def _read(self, scope: Scope, receive: Receive) -> Exchange:
        started_ns, started_tick = self._clock.now_ns(), perf_counter_ns()
        headers = dict(scope["headers"])
        body = await _read_body(receive, headers, self._config.limits.max_request_bytes)
        return Exchange(
            method=scope["method"],
            path=scope["path"],
            query=scope.get("query_string", b""),
            headers=headers,
            body=body,
            trace=continue_trace(headers),
            started_ns=started_ns,
            started_tick=started_tick,
        )

    async def _answer(self, exchange: Exchange) -> Reply:
        try:
            return await self._find_handler(exchange)(exchange)
        except LrcpError as error:
            reply = _render(error)
        except Exception:  # boundary: a fault of our own is a reply and a log line, never a broken connection
            self._faults += 1
            log.exception("%s %s failed", exchange.method, exchange.path)
            reply = Reply(500, [_JSON], render_error(_FAULT, "gateway_error", "internal_error"))
        reply.headers.append((b"x-lrcp-trace-id", exchange.trace.trace_id.encode()))
        return reply

    async def _send_stream(self, send: Send, reply: Reply, stream: AsyncGenerator[bytes, None]) -> None:
        """Each piece as it comes. A stream that breaks ends with an event that says so, never in silence."""
        try:
            await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
            async for piece in stream:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except LrcpError as error:
            _, kind, code = describe_error(error)
            await _send_last_event(send, render_error_event(str(error), kind, code))
        except Exception:  # boundary: as in _answer, once the reply has begun
            self._faults += 1
            log.exception("a stream failed")
            await _send_last_event(send, render_error_event(_FAULT, "gateway_error", "internal_error"))
        finally:
            await stream.aclose()
        await send({"type": "http.response.body", "body": b""})

    def _find_handler(self, exchange: Exchange) -> Callable[[Exchange], Awaitable[Reply]]:
        wanted = "POST" if exchange.path in _OPERATIONS else "GET"
        if exchange.path in _OPERATIONS:
            handler = self._answer_call
        elif _is_models_path(exchange.path):
            handler = self._answer_models
        elif exchange.path in ("/health", "/healthz", "/v1/health"):
            handler = self._answer_health
        else:
            return _answer_unknown
        return handler if exchange.method == wanted else _answer_wrong_method

    async def _answer_call(self, exchange: Exchange) -> Reply:
        exchange.call = decode_call(_OPERATIONS[exchange.path], exchange.body)
        return await self._call_model(exchange)

    async def _answer_models(self, exchange: Exchange) -> Reply:
        exchange.target = Target(self._config.upstreams[self._config.default_provider], "")
        exchange.body = b""
        return await self._client.call(exchange)

    async def _answer_health(self, exchange: Exchange) -> Reply:
        default = self._config.upstreams[self._config.default_provider]
        health: dict[str, Any] = {
            "status": "ok",
            "version": self._config.telemetry.version,
            "upstream": {"provider": default.name, "url": default.base_url, "key": bool(default.key)},
            "in_progress": self._in_progress,
            "faults": self._faults,
            "telemetry": self._exporter.describe(),
        }
        return Reply(200, [_JSON], msgspec.json.encode(health))


def _is_models_path(path: str) -> bool:
    """The list of models or one of them; a path that climbs out of it is not followed to the provider."""
    return path == "/v1/models" or (path.startswith("/v1/models/") and ".." not in path.split("/"))


async def _answer_unknown(exchange: Exchange) -> Reply:
    message = f"no such path: {exchange.path[:200]}; this gateway answers {_PATHS}"
    return Reply(404, [_JSON], render_error(message, "invalid_request_error", "unknown_path"))


async def _answer_wrong_method(exchange: Exchange) -> Reply:
    message = f"{exchange.method[:20]} is not allowed for {exchange.path[:200]}; this gateway answers {_PATHS}"
    return Reply(405, [_JSON], render_error(message, "invalid_request_error", "wrong_method"))


def _render(error: LrcpError) -> Reply:
    status, kind, code = describe_error(error)
    return Reply(status, [_JSON], render_error(str(error), kind, code))


async def _read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """Raises: TooLargeError, InputError (the client went away before the end)."""
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise TooLargeError(f"the request has {int(declared)} bytes, the limit is {limit}")
    pieces, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InputError("the client went away before the request was complete")
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > limit:
            raise TooLargeError(f"the request is over the limit of {limit} bytes")
        more = message.get("more_body", False)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@asynccontextmanager
async def _cancelled_when_client_leaves(receive: Receive) -> AsyncIterator[None]:
    """Cancels what runs inside when the client closes its connection, and ends quietly then."""
    work = asyncio.current_task()
    left = False

    async def watch() -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass
        left = True
        if work is not None:
            work.cancel()

    watcher = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if not left or (work is not None and work.uncancel() > 0):
            raise
    finally:
        watcher.cancel()


async def _send_reply(send: Send, reply: Reply) -> None:
    headers = [*reply.headers, (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _send_last_event(send: Send, event: bytes) -> None:
    """After a blank line, in case the stream broke within an event."""
    await send({"type": "http.response.body", "body": b"\n\n" + event, "more_body": True})

"""The gateway as an ASGI application: reads a bounded request, sends it through the stages, and gives the reply back."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lrcp.evaluators.cost import PriceBook
from lrcp.gateway import endpoints
from lrcp.gateway.asgi import Receive, Scope, Send
from lrcp.gateway.chain import make_call_handler
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.exchange import Exchange, Reply, Stream
from lrcp.gateway.headers import upstream_headers
from lrcp.gateway.http1.serving import CANCELS
from lrcp.gateway.keys.admission import make_listing_admission
from lrcp.gateway.measurement import reply_headers
from lrcp.gateway.ports import Ports
from lrcp.gateway.reading import read_exchange
from lrcp.gateway.runtime import Runtime
from lrcp.gateway.sending import render_error, render_error_event, render_fault, send_last_event, send_reply
from lrcp.gateway.simulated.listing import render_listing
from lrcp.gateway.telemetry.exporter import SpanExporter
from lrcp.gateway.tracecontext import continue_trace
from lrcp.gateway.upstream import UpstreamClient, UpstreamRequest
from lrcp.gateway.wire.format import Format
from lrcp.gateway.wire.formats import find_format
from lrcp.gateway.wire.openai_formats import OPENAI_CHAT
from lrcp.kit.clock import Clock, SystemClock
from lrcp.model.errors import LrcpError
from lrcp.model.policy.document import Policy

log = logging.getLogger(__name__)


class GatewayApp:
    """The application. It owns the connections to providers and the exporter, from lifespan start to lifespan end."""

    def __init__(
        self,
        config: GatewayConfig,
        book: PriceBook,
        clock: Clock | None = None,
        ports: Ports | None = None,
    ) -> None:
        self._config = config
        self._clock = clock or SystemClock()
        self._client = UpstreamClient(config.limits)
        self._exporter = SpanExporter(config.telemetry)
        ports = ports or Ports()
        self._runtime = Runtime(
            config=config, book=book, client=self._client, emit=self._exporter.emit, clock=self._clock, ports=ports
        )
        self.obey(0, config.policy)
        make = ports.make_follower
        # Version 0 says that nobody put one: then the config's own holds.
        self._follower = (
            make(lambda at, policy: self.obey(at.version, policy if at.version else config.policy)) if make else None
        )
        self._in_progress = 0
        self._faults = 0

    def obey(self, version: int, policy: Policy) -> None:
        """Handle calls that begin from now on by this policy. Raises: InputError - it cannot be obeyed; the old one stays."""
        self._call_model = make_call_handler(policy, self._runtime)
        self._admit_listing = make_listing_admission(policy.authentication, self._runtime.keys)
        self._policy_version = version
        self._simulation = policy.simulation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            format = find_format(scope["path"])
            if format is not None and scope["method"] == "POST":
                await self._serve_call(format, scope, receive, send)
            else:
                await self._serve_other(format, scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._exporter.start()
        parts = list(self._runtime.parts().values())
        if self._follower is not None:
            parts.append(self._follower)
        for part in parts:
            await part.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for part in reversed(parts):
            await part.stop()
        await self._client.close()
        await self._exporter.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve_call(self, format: Format, scope: Scope, receive: Receive, send: Send) -> None:
        self._in_progress += 1
        try:
            limit = self._config.limits.max_request_bytes
            exchange = await read_exchange(scope, receive, format, self._clock, limit)
            if CANCELS in scope.get("extensions", ()):
                await self._answer_to(send, exchange)
            else:
                async with _cancelled_when_client_leaves(receive):
                    await self._answer_to(send, exchange)
        except LrcpError as error:  # of reading the request; errors of answering it are replies by now
            await send_reply(send, render_error(format, error))
        finally:
            self._in_progress -= 1

    async def _answer_to(self, send: Send, exchange: Exchange) -> None:
        reply = await self._answer(exchange)
        if reply.stream is None:
            await send_reply(send, reply)
        else:
            await self._send_stream(send, exchange.format, reply, reply.stream)

    async def _answer(self, exchange: Exchange) -> Reply:
        exchange.policy_version = self._policy_version
        try:
            return await self._call_model(exchange)
        except LrcpError as error:
            reply = render_error(exchange.format, error)
        except Exception:  # boundary: a fault of our own is a reply and a log line, never a broken connection
            self._faults += 1
            log.exception("%s %s failed", exchange.method, exchange.path)
            reply = render_fault(exchange.format)
        reply.headers += reply_headers(exchange)
        return reply

    async def _send_stream(self, send: Send, format: Format, reply: Reply, stream: Stream) -> None:
        """Each piece as it comes. A stream that breaks ends with an event that says so, never in silence."""
        try:
            await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
            async for piece in stream:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except LrcpError as error:
            await send_last_event(send, render_error_event(format, error))
        except Exception:  # boundary: as in _answer, once the reply has begun
            self._faults += 1
            log.exception("a stream failed")
            await send_last_event(send, render_error_event(format, None))
        finally:
            await stream.aclose()
        await send({"type": "http.response.body", "body": b""})

    async def _serve_other(self, format: Format | None, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        known = format is not None or endpoints.is_models_path(path) or path in endpoints.HEALTH_PATHS
        if not known or format is not None or method != "GET":
            said = endpoints.wrong_method(method, path) if known else endpoints.unknown_path(path)
            status, message, code = said
            body = (format or OPENAI_CHAT).render_error(status, message, "invalid_request_error", code)
            reply = Reply(status, [endpoints.JSON], body)
        elif path in endpoints.HEALTH_PATHS:
            reply = endpoints.render_health(self._describe())
        else:
            reply = await self._list_models(scope)
        trace_id = continue_trace(dict(scope["headers"])).trace_id
        reply.headers.append((b"x-lrcp-trace-id", trace_id.encode()))
        await send_reply(send, reply)

    async def _list_models(self, scope: Scope) -> Reply:
        """The default provider's models, as it lists them."""
        upstream = self._config.upstreams[self._config.default_provider]
        try:
            sent, query_sent = dict(scope["headers"]), scope.get("query_string", b"")
            headers, query = self._admit_listing(sent, query_sent, self._clock.now_ns())
        except LrcpError as error:
            return render_error(OPENAI_CHAT, error)
        if upstream.provider.simulated:
            return render_listing(self._simulation)
        traceparent = continue_trace(headers).traceparent()
        request = UpstreamRequest(
            upstream=upstream,
            method="GET",
            url=endpoints.models_url(upstream.base_url, scope["path"], query),
            headers=upstream_headers(
                headers, upstream, traceparent, family="openai", translated=False, client_key=True
            ),
            timeouts=self._config.timeouts,
        )
        try:
            return await self._client.call(request)
        except LrcpError as error:
            return render_error(OPENAI_CHAT, error)

    def _describe(self) -> dict[str, Any]:
        default = self._config.upstreams[self._config.default_provider]
        return {
            "status": "ok",
            "version": self._config.telemetry.version,
            "pid": os.getpid(),
            "upstream": {"provider": default.name, "url": default.base_url, "key": default.has_key},
            "policy": self._follower.describe() if self._follower else {"version": self._policy_version},
            "resilience": self._runtime.resilience.describe(),
            **{name: part.describe() for name, part in self._runtime.parts().items()},
            "in_progress": self._in_progress,
            "faults": self._faults,
            "telemetry": self._exporter.describe(),
        }


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

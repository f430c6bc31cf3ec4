"""Calls to providers over HTTP: one connection pool, every wait bounded, every failure said in words."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from lrcp.gateway.config import Limits, Timeouts
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Exchange, Reply, Target
from lrcp.gateway.headers import client_headers, upstream_headers

_NO_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_read=None, sock_connect=None, connect=None)
_KEEPALIVE_S: Final = 15.0
_NS_PER_S: Final = 1_000_000_000

_FAILURES: Final[tuple[tuple[type[BaseException], int, str, str], ...]] = (
    (aiohttp.ConnectionTimeoutError, 504, "upstream_connect_timeout", "did not accept a connection in time"),
    (aiohttp.ClientConnectorDNSError, 502, "upstream_unreachable", "has an address that does not resolve"),
    (aiohttp.ClientConnectorCertificateError, 502, "upstream_tls", "has a certificate that is not trusted"),
    (aiohttp.ClientSSLError, 502, "upstream_tls", "failed to agree on an encrypted connection"),
    (ssl.SSLError, 502, "upstream_tls", "failed to agree on an encrypted connection"),
    (aiohttp.ClientConnectorError, 502, "upstream_unreachable", "cannot be connected to"),
    (aiohttp.ServerDisconnectedError, 502, "upstream_disconnected", "closed the connection without an answer"),
    (aiohttp.ClientPayloadError, 502, "upstream_cut", "broke off in the middle of its answer"),
    (aiohttp.ClientResponseError, 502, "upstream_invalid", "answered with something that is not HTTP"),
    (aiohttp.InvalidURL, 502, "upstream_unreachable", "has an address that is no URL"),
    (ConnectionError, 502, "upstream_disconnected", "reset the connection"),
    (aiohttp.ClientError, 502, "upstream_failed", "could not be called"),
    (OSError, 502, "upstream_failed", "could not be called"),
)


class UpstreamClient:
    """The gateway's side towards the providers. Start it inside the event loop, close it at the end."""

    def __init__(self, timeouts: Timeouts, limits: Limits) -> None:
        self._timeouts = timeouts
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        connector = aiohttp.TCPConnector(limit=self._limits.max_connections, keepalive_timeout=_KEEPALIVE_S)
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_reuseconn.append(_note_reuse)
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=_NO_TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[tracing],
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
            raise_for_status=False,
        )

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(self, exchange: Exchange) -> Reply:
        """Send an exchange to its target.

        Returns: the provider's own answer whatever its status; a stream when it is one.
        Raises: UpstreamError - no answer, or an answer that broke off, took too long or was too large.
        """
        target = _target_of(exchange)
        deadline = asyncio.get_running_loop().time() + self._timeouts.whole_s
        begun = perf_counter_ns()
        try:
            response = await self._open(exchange, target, deadline)
            if _is_stream(response):
                return Reply(response.status, _headers_of(response), stream=self._relay(response, target, deadline))
            body = await self._read_whole(response, target, deadline)
            return Reply(response.status, _headers_of(response), body)
        finally:
            exchange.upstream_ns += perf_counter_ns() - begun

    async def _open(self, exchange: Exchange, target: Target, deadline: float) -> aiohttp.ClientResponse:
        """The answer's head. A kept connection that the provider had closed meanwhile is replaced by a new one, once."""
        connection = SimpleNamespace(reused=False)
        exchange.attempts += 1
        try:
            return await self._request(exchange, target, deadline, connection)
        except UpstreamError as error:
            if error.code != "upstream_disconnected" or not connection.reused:
                raise
        return await self._request(exchange, target, deadline, connection)

    async def _request(
        self, exchange: Exchange, target: Target, deadline: float, connection: SimpleNamespace
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise UpstreamError("the gateway is not started", code="not_started", status=503)
        headers = upstream_headers(exchange.headers, target.upstream, exchange.trace.traceparent())
        async with self._bounded(target, self._timeouts.first_byte_s, deadline):
            return await self._session.request(
                exchange.method,
                _url_of(target.upstream.base_url, exchange),
                data=exchange.body or None,
                headers=CIMultiDict(headers),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=self._timeouts.connect_s, sock_read=None),
                trace_request_ctx=connection,
            )

    async def _read_whole(self, response: aiohttp.ClientResponse, target: Target, deadline: float) -> bytes:
        pieces, size = [], 0
        async for piece in self._pieces(response, target, deadline, self._timeouts.idle_s):
            pieces.append(piece)
            size += len(piece)
            if size > self._limits.max_reply_bytes:
                limit = self._limits.max_reply_bytes
                raise UpstreamError(
                    f"the answer of '{target.upstream.name}' is over {limit} bytes", code="reply_too_large"
                )
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _relay(self, response: aiohttp.ClientResponse, target: Target, deadline: float) -> AsyncGenerator[bytes, None]:
        return self._pieces(response, target, deadline, self._timeouts.first_byte_s)

    async def _pieces(
        self, response: aiohttp.ClientResponse, target: Target, deadline: float, first_s: float
    ) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Closing the generator closes the connection, which tells the provider to stop."""
        allowed_s = first_s
        try:
            while True:
                async with self._bounded(target, allowed_s, deadline):
                    piece = await response.content.readany()
                if not piece:
                    return
                yield piece
                allowed_s = self._timeouts.idle_s
        finally:
            response.close()

    @asynccontextmanager
    async def _bounded(self, target: Target, seconds: float, deadline: float) -> AsyncIterator[None]:
        """Maps what goes wrong inside, time included, to an UpstreamError."""
        own_end = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(min(own_end, deadline)):
                yield
        except aiohttp.ConnectionTimeoutError as error:
            raise _explain(target, error) from error
        except TimeoutError as error:
            raise self._too_slow(target, seconds, whole=deadline < own_end) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _explain(target, error) from error

    def _too_slow(self, target: Target, seconds: float, *, whole: bool) -> UpstreamError:
        limit_s = self._timeouts.whole_s if whole else seconds
        what = "did not finish its answer" if whole else "sent nothing"
        message = f"provider '{target.upstream.name}' at {target.upstream.base_url} {what} within {limit_s:g} s"
        return UpstreamError(message, code="upstream_timeout", status=504)


def _explain(target: Target, error: BaseException) -> UpstreamError:
    upstream = target.upstream
    _, status, code, what = next(row for row in _FAILURES if isinstance(error, row[0]))
    detail = getattr(error, "strerror", None) or type(error).__name__
    message = f"provider '{upstream.name}' at {upstream.base_url} {what} ({detail}): {upstream.provider.hint}"
    return UpstreamError(message, code=code, status=status)


async def _note_reuse(_session: Any, context: SimpleNamespace, _params: Any) -> None:
    context.trace_request_ctx.reused = True


def _target_of(exchange: Exchange) -> Target:
    if exchange.target is None:
        raise UpstreamError("no stage chose a provider", code="no_target", status=500)
    return exchange.target


def _url_of(base_url: str, exchange: Exchange) -> URL:
    query = f"?{exchange.query.decode('latin-1')}" if exchange.query else ""
    path = quote(exchange.path.removeprefix("/v1"), safe="/:@")  # it was decoded on its way in
    return URL(f"{base_url}{path}{query}", encoded=True)


def _is_stream(response: aiohttp.ClientResponse) -> bool:
    return response.status < 400 and response.content_type == "text/event-stream"


def _headers_of(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    return client_headers(response.raw_headers)

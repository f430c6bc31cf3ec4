"""Calls to providers over HTTP: one connection pool, every wait bounded, every failure said in words."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import msgspec
from multidict import CIMultiDict
from yarl import URL

from lrcp.gateway.config import Limits, Timeouts
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream
from lrcp.gateway.headers import client_headers
from lrcp.gateway.providers import Upstream

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


class UpstreamRequest(msgspec.Struct):
    """One HTTP request to a provider. spent_ns: time waited for it so far, written by the client."""

    upstream: Upstream
    method: str
    url: str
    headers: list[tuple[str, str]]
    timeouts: Timeouts
    body: bytes = b""
    spent_ns: int = 0


class UpstreamClient:
    """The gateway's side towards the providers. Start it inside the event loop, close it at the end."""

    def __init__(self, limits: Limits) -> None:
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

    async def call(self, request: UpstreamRequest) -> Reply:
        """Send a request.

        Returns: the provider's own answer whatever its status; a stream when it is one.
        Raises: UpstreamError - no answer, or an answer that broke off, took too long or was too large.
        """
        deadline = asyncio.get_running_loop().time() + request.timeouts.whole_s
        begun = perf_counter_ns()
        try:
            response = await self._open(request, deadline)
            if _is_stream(response):
                stream = Stream(self._relay(response, request, deadline), response.close)
                return Reply(response.status, _headers_of(response), stream=stream)
            body = await self._read_whole(response, request, deadline)
            return Reply(response.status, _headers_of(response), body)
        finally:
            request.spent_ns += perf_counter_ns() - begun

    async def _open(self, request: UpstreamRequest, deadline: float) -> aiohttp.ClientResponse:
        """The answer's head. A kept connection that the provider had closed meanwhile is replaced by a new one, once."""
        connection = SimpleNamespace(reused=False)
        try:
            return await self._request(request, deadline, connection)
        except UpstreamError as error:
            if error.code != "upstream_disconnected" or not connection.reused:
                raise
        return await self._request(request, deadline, connection)

    async def _request(
        self, request: UpstreamRequest, deadline: float, connection: SimpleNamespace
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise UpstreamError("the gateway is not started", code="not_started", status=503)
        async with self._bounded(request, request.timeouts.first_byte_s, deadline):
            return await self._session.request(
                request.method,
                URL(request.url, encoded=True),
                data=request.body or None,
                headers=CIMultiDict(request.headers),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=request.timeouts.connect_s, sock_read=None),
                trace_request_ctx=connection,
            )

    async def _read_whole(self, response: aiohttp.ClientResponse, request: UpstreamRequest, deadline: float) -> bytes:
        pieces, size = [], 0
        async for piece in self._pieces(response, request, deadline, request.timeouts.idle_s):
            pieces.append(piece)
            size += len(piece)
            if size > self._limits.max_reply_bytes:
                limit = self._limits.max_reply_bytes
                raise UpstreamError(
                    f"the answer of '{request.upstream.name}' is over {limit} bytes", code="reply_too_large"
                )
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _relay(
        self, response: aiohttp.ClientResponse, request: UpstreamRequest, deadline: float
    ) -> AsyncGenerator[bytes, None]:
        return self._pieces(response, request, deadline, request.timeouts.first_byte_s)

    async def _pieces(
        self, response: aiohttp.ClientResponse, request: UpstreamRequest, deadline: float, first_s: float
    ) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Closing the generator closes the connection, which tells the provider to stop."""
        allowed_s = first_s
        try:
            while True:
                async with self._bounded(request, allowed_s, deadline):
                    piece = await response.content.readany()
                if not piece:
                    return
                yield piece
                allowed_s = request.timeouts.idle_s
        finally:
            response.close()

    @asynccontextmanager
    async def _bounded(self, request: UpstreamRequest, seconds: float, deadline: float) -> AsyncIterator[None]:
        """Maps what goes wrong inside, time included, to an UpstreamError."""
        own_end = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(min(own_end, deadline)):
                yield
        except aiohttp.ConnectionTimeoutError as error:
            raise _explain(request, error) from error
        except TimeoutError as error:
            raise _too_slow(request, seconds, whole=deadline < own_end) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _explain(request, error) from error


def _too_slow(request: UpstreamRequest, seconds: float, *, whole: bool) -> UpstreamError:
    limit_s = request.timeouts.whole_s if whole else seconds
    what = "did not finish its answer" if whole else "sent nothing"
    message = f"provider '{request.upstream.name}' at {request.upstream.base_url} {what} within {limit_s:g} s"
    return UpstreamError(message, code="upstream_timeout", status=504)


def _explain(request: UpstreamRequest, error: BaseException) -> UpstreamError:
    upstream = request.upstream
    _, status, code, what = next(row for row in _FAILURES if isinstance(error, row[0]))
    detail = getattr(error, "strerror", None) or type(error).__name__
    message = f"provider '{upstream.name}' at {upstream.base_url} {what} ({detail}): {upstream.provider.hint}"
    return UpstreamError(message, code=code, status=status)


async def _note_reuse(_session: Any, context: SimpleNamespace, _params: Any) -> None:
    context.trace_request_ctx.reused = True


def _is_stream(response: aiohttp.ClientResponse) -> bool:
    return response.status < 400 and response.content_type == "text/event-stream"


def _headers_of(response: aiohttp.ClientResponse) -> list[tuple[bytes, bytes]]:
    return client_headers(response.raw_headers)

"""Calls to providers over HTTP: every wait bounded, every failure said in words."""

import asyncio
from collections.abc import AsyncGenerator
from time import perf_counter_ns
from typing import Final

import msgspec

from lrcp.gateway.config import Limits, Timeouts
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream
from lrcp.gateway.headers import client_headers
from lrcp.gateway.http1 import errors
from lrcp.gateway.http1.client import HttpClient, HttpRequest, HttpResponse
from lrcp.gateway.http1.errors import HttpError
from lrcp.gateway.providers import Upstream

FAILURES: Final[dict[str, tuple[int, str, str]]] = {
    errors.CONNECT_TIMEOUT: (504, "upstream_connect_timeout", "did not accept a connection in time"),
    errors.UNREACHABLE: (502, "upstream_unreachable", "cannot be connected to"),
    errors.NOT_ALLOWED: (502, "upstream_not_allowed", "may not be called: declare it with allow_private if it may"),
    errors.TLS: (502, "upstream_tls", "has a certificate that is not trusted, or does not agree on encryption"),
    errors.DISCONNECTED: (502, "upstream_disconnected", "closed the connection without an answer"),
    errors.CUT: (502, "upstream_cut", "broke off in the middle of its answer"),
    errors.INVALID: (502, "upstream_invalid", "answered with something that is not HTTP"),
    errors.BUSY: (503, "too_many_calls", "cannot be called: too many calls are in progress"),
}
"""What each code of http1.errors is to the client: status, code, words. TIMEOUT is apart, for it says how long."""


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
    """The gateway's side towards the providers. Close it at the end."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._client = HttpClient(limits.max_connections)

    @property
    def connections(self) -> int:
        """How many are in use now."""
        return self._client.connections

    async def close(self) -> None:
        await self._client.close()

    async def call(self, request: UpstreamRequest) -> Reply:
        """Send a request.

        Returns: the provider's own answer whatever its status; a stream when it is one.
        Raises: UpstreamError - no answer, or an answer that broke off, took too long or was too large.
        """
        deadline = asyncio.get_running_loop().time() + request.timeouts.whole_s
        begun = perf_counter_ns()
        try:
            response = await self._open(request)
            if _is_stream(response):
                stream = Stream(_relay(response, request, deadline), response.close)
                return Reply(response.status, client_headers(response.headers), stream=stream)
            body = await self._read_whole(response, request, deadline)
            return Reply(response.status, client_headers(response.headers), body)
        finally:
            request.spent_ns += perf_counter_ns() - begun

    async def _open(self, request: UpstreamRequest) -> HttpResponse:
        timeouts = request.timeouts
        first_byte_s = min(timeouts.first_byte_s, timeouts.whole_s)
        try:
            return await self._client.send(
                HttpRequest(
                    method=request.method,
                    url=request.url,
                    headers=request.headers,
                    body=request.body,
                    connect_s=timeouts.connect_s,
                    first_byte_s=first_byte_s,
                    allow_private=request.upstream.allow_private,
                )
            )
        except HttpError as error:
            raise _explain(request, error, first_byte_s, whole=first_byte_s == timeouts.whole_s) from error

    async def _read_whole(self, response: HttpResponse, request: UpstreamRequest, deadline: float) -> bytes:
        pieces, size, limit = [], 0, self._limits.max_reply_bytes
        try:
            while piece := await _next_piece(response, request, request.timeouts.idle_s, deadline):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    message = f"the answer of '{request.upstream.name}' is over {limit} bytes"
                    raise UpstreamError(message, code="reply_too_large")
        finally:
            response.close()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def _relay(response: HttpResponse, request: UpstreamRequest, deadline: float) -> AsyncGenerator[bytes, None]:
    """The body as it comes."""
    allowed_s = request.timeouts.first_byte_s
    try:
        while piece := await _next_piece(response, request, allowed_s, deadline):
            yield piece
            allowed_s = request.timeouts.idle_s
    finally:
        response.close()


async def _next_piece(response: HttpResponse, request: UpstreamRequest, allowed_s: float, deadline: float) -> bytes:
    own_end = asyncio.get_running_loop().time() + allowed_s
    try:
        return await response.read_piece(min(own_end, deadline))
    except HttpError as error:
        raise _explain(request, error, allowed_s, whole=deadline < own_end) from error


def _explain(request: UpstreamRequest, error: HttpError, allowed_s: float, *, whole: bool) -> UpstreamError:
    upstream = request.upstream
    where = f"provider '{upstream.name}' at {upstream.base_url}"
    if error.code == errors.TIMEOUT:
        what, limit_s = (
            ("did not finish its answer", request.timeouts.whole_s) if whole else ("sent nothing", allowed_s)
        )
        return UpstreamError(f"{where} {what} within {limit_s:g} s", code="upstream_timeout", status=504)
    status, code, what = FAILURES[error.code]
    detail = f" ({error.detail})" if error.detail else ""
    return UpstreamError(f"{where} {what}{detail}: {upstream.provider.hint}", code=code, status=status)


def _is_stream(response: HttpResponse) -> bool:
    content_type = next((value for name, value in response.headers if name == b"content-type"), b"")
    return response.status < 400 and content_type.partition(b";")[0].strip().lower() == b"text/event-stream"

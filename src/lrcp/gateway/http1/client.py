"""HttpClient: requests over kept connections, each wait bounded."""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from lrcp.gateway.http1 import errors
from lrcp.gateway.http1.addresses import resolve_host
from lrcp.gateway.http1.connection import Connection
from lrcp.gateway.http1.errors import HttpError

_KEEPALIVE_S: Final = 15.0
_MAX_IDLE_PER_ORIGIN: Final = 512
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Origin(msgspec.Struct, frozen=True):
    """Where connections that serve the same requests go."""

    scheme: str
    host: str
    port: int
    allow_private: bool


class HttpRequest(msgspec.Struct):
    """One request. url is absolute and encoded; headers have lower-case names and no host, length or connection.

    Times are seconds: connect_s until the connection stands, first_byte_s until the answer's head.
    """

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: bytes = b""
    connect_s: float = 5.0
    first_byte_s: float = 60.0
    allow_private: bool = True


class HttpResponse:
    """An answer whose head has come. Take its body with read_piece until b'', then release it; or close it."""

    __slots__ = ("_client", "_connection", "_origin", "headers", "status")

    def __init__(self, client: "HttpClient", origin: Origin, connection: Connection) -> None:
        self.status = connection.status
        self.headers = connection.headers
        self._client = client
        self._origin = origin
        self._connection: Connection | None = connection

    async def read_piece(self, deadline: float) -> bytes:
        """The next piece, b'' at the end. Raises: HttpError."""
        if self._connection is None:
            return b""
        piece = await self._connection.read_piece(deadline)
        if not piece:
            self.close()
        return piece

    def close(self) -> None:
        """Give the connection back when the answer was read to its end, else close it, which tells the server to stop."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._client.give_back(self._origin, connection)


class HttpClient:
    """Connections to many servers. Use it on one event loop; close it at the end."""

    def __init__(self, max_connections: int = 2048) -> None:
        self._max_connections = max_connections
        self._open = 0
        self._closing = False
        self._idle: dict[Origin, deque[Connection]] = {}
        self._tls: ssl.SSLContext | None = None

    @property
    def connections(self) -> int:
        """How many are in use now."""
        return self._open

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request and wait for the head of its answer.

        A kept connection that the server had closed meanwhile is replaced by a new one, once.
        Raises: HttpError.
        """
        origin, head = _origin_of(request), encode_head(request)
        if self._closing or self._open >= self._max_connections:
            raise HttpError(errors.BUSY, f"{self._open} calls are in progress")
        self._open += 1
        try:
            connection = self._take_idle(origin)
            if connection is not None:
                try:
                    return await self._ask(connection, origin, request, head)
                except HttpError as error:
                    if error.code != errors.DISCONNECTED or connection.received_any:
                        raise
            connection = await self._connect(origin, request.connect_s)
            return await self._ask(connection, origin, request, head)
        except BaseException:
            self._open -= 1
            raise

    def give_back(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection for the next request, or close it."""
        self._open -= 1
        idle = self._idle.setdefault(origin, deque())
        self._close_old(idle)
        if connection.reusable and not self._closing and len(idle) < _MAX_IDLE_PER_ORIGIN:
            connection.idle_since = asyncio.get_running_loop().time()
            idle.append(connection)
        else:
            connection.close()

    async def close(self) -> None:
        """Close the idle connections; those in use are closed when they are given back."""
        self._closing = True
        for idle in self._idle.values():
            for connection in idle:
                connection.close()
        self._idle.clear()
        await asyncio.sleep(0)

    async def _ask(self, connection: Connection, origin: Origin, request: HttpRequest, head: bytes) -> HttpResponse:
        deadline = asyncio.get_running_loop().time() + request.first_byte_s
        try:
            connection.send(head, request.body)
            await connection.read_head(deadline)
        except BaseException:
            connection.close()
            raise
        return HttpResponse(self, origin, connection)

    def _take_idle(self, origin: Origin) -> Connection | None:
        """The one used last, if it is fresh; those too old are closed."""
        idle = self._idle.get(origin)
        if idle is None:
            return None
        self._close_old(idle)
        while idle:
            connection = idle.pop()
            if not connection.closed:
                return connection
        return None

    def _close_old(self, idle: deque[Connection]) -> None:
        """Those that wait too long, which are the first ones."""
        oldest = asyncio.get_running_loop().time() - _KEEPALIVE_S
        while idle and (idle[0].closed or idle[0].idle_since <= oldest):
            idle.popleft().close()

    async def _connect(self, origin: Origin, connect_s: float) -> Connection:
        try:
            async with asyncio.timeout(connect_s):
                return await self._connect_any(origin)
        except TimeoutError as error:
            raise HttpError(errors.CONNECT_TIMEOUT) from error

    async def _connect_any(self, origin: Origin) -> Connection:
        """The first of the host's addresses that takes a connection."""
        last = HttpError(errors.UNREACHABLE)
        for address in await resolve_host(origin.host, origin.port, allow_private=origin.allow_private):
            try:
                return await self._connect_to(address, origin)
            except HttpError as error:
                last = error
        raise last

    async def _connect_to(self, address: str, origin: Origin) -> Connection:
        loop = asyncio.get_running_loop()
        tls = self._tls_context() if origin.scheme == "https" else None
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(loop),
                address,
                origin.port,
                ssl=tls,
                server_hostname=origin.host if tls is not None else None,
            )
        except ssl.SSLError as error:  # ahead of OSError, which it is
            raise HttpError(errors.TLS, getattr(error, "verify_message", "") or error.reason or "") from error
        except OSError as error:
            raise HttpError(errors.UNREACHABLE, error.strerror or type(error).__name__) from error
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:  # reading the machine's certificates takes tens of milliseconds: when first needed
            self._tls = ssl.create_default_context()
        return self._tls


def encode_head(request: HttpRequest) -> bytes:
    """The request's head, with its blank line.

    Raises: ValueError - a header holds a line break, which would begin another one.
    """
    parts, target = _split(request.url)
    lines = [f"{request.method} {target} HTTP/1.1", f"host: {parts.netloc.rpartition('@')[2]}"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body or request.method == "POST":
        lines.append(f"content-length: {len(request.body)}")
    if any(char <= " " or char == "\x7f" for char in target):
        raise ValueError("the address of the request holds a blank")
    head = "\r\n".join(lines)
    if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
        raise ValueError("a header of the request holds a line break")
    return head.encode("latin-1", "replace") + b"\r\n\r\n"


def _origin_of(request: HttpRequest) -> Origin:
    parts, _ = _split(request.url)
    return _make_origin(parts, request.allow_private)


@lru_cache(maxsize=1024)
def _split(url: str) -> tuple[SplitResult, str]:
    parts = urlsplit(url)
    return parts, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


@lru_cache(maxsize=1024)
def _make_origin(parts: SplitResult, allow_private: bool) -> Origin:
    """Raises: HttpError - the URL cannot be called."""
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise HttpError(errors.UNREACHABLE, "its address is no http:// or https:// URL")
    try:
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except ValueError as error:
        raise HttpError(errors.UNREACHABLE, "its address has no valid port") from error
    return Origin(parts.scheme, parts.hostname, port, allow_private)

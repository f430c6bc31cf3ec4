"""Connection: one socket to a server, one request at a time, its answer piece by piece as it comes."""

import asyncio
from collections import deque
from typing import Final

import httptools

from lrcp.gateway.http1 import errors
from lrcp.gateway.http1.errors import HttpError

_PAUSE_ABOVE_BYTES: Final = 256 * 1024
_MAX_HEAD_BYTES: Final = 64 * 1024
_BYTES_A_HEADER: Final = 32
_NO_BODY_STATUSES: Final = frozenset({204, 304})


class Connection(asyncio.Protocol):
    """A connection. Times are on the clock of the event loop; waiting past a deadline raises HttpError(TIMEOUT).

    reading stops while more than 256 KiB wait to be taken, so that a fast server cannot fill the memory.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.received_any = False
        self.closed = False
        self.idle_since = 0.0
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._head_bytes = 0
        self._head_done = self._complete = self._until_eof = self._keep = False
        self._pieces: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._paused = False
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._error: HttpError | None = None

    # -- what the client does --

    def send(self, head: bytes, body: bytes) -> None:
        """Begin a request: its head with the blank line, and its body."""
        self.status, self.headers = 0, []
        self.received_any = False
        self._head_bytes = 0
        self._head_done = self._complete = self._until_eof = self._keep = False
        self._parser = httptools.HttpResponseParser(self)
        if self._transport is None or self.closed:
            raise self._error or HttpError(errors.DISCONNECTED)
        if len(body) > _MAX_HEAD_BYTES:
            self._transport.write(head)
            self._transport.write(body)
        else:
            self._transport.write(head + body)

    async def read_head(self, deadline: float) -> None:
        """Wait until status and headers are there. Raises: HttpError."""
        while not self._head_done:
            await self._wait(deadline)

    async def read_piece(self, deadline: float) -> bytes:
        """What has come of the body and was not taken yet, at least one byte; b'' at its end. Raises: HttpError."""
        while not self._pieces:
            if self._complete:
                return b""
            await self._wait(deadline)
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._waiting_bytes = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return piece

    @property
    def reusable(self) -> bool:
        """Whether the answer has ended and another request may follow."""
        unsent = self._transport.get_write_buffer_size() if self._transport is not None else 0
        return self._complete and self._keep and not self.closed and not self._pieces and not unsent

    def close(self) -> None:
        """Close at once; whoever waits gets HttpError(DISCONNECTED)."""
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()

    async def _wait(self, deadline: float) -> None:
        if self._error is not None:
            raise self._error
        self._waiter = self._loop.create_future()
        self._deadline = deadline
        # One timer serves many waits: it looks again when it fires, rather than being set anew for each piece.
        if self._timer is None or self._timer.when() > deadline:
            self._set_timer()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._error is not None and not self._pieces and not self._complete:
            raise self._error

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._look_at_time)

    def _look_at_time(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._deadline:
            self._set_timer()
        else:
            self._fail(HttpError(errors.TIMEOUT))

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _fail(self, error: HttpError) -> None:
        if self._error is None:
            self._error = error
        self._wake()

    # -- what the event loop calls --

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a Protocol's transport is a Transport

    def data_received(self, data: bytes) -> None:
        self.received_any = True
        if self._parser is None or self._complete:
            self.close()  # words that nobody asked for: this connection is out of step
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(HttpError(errors.INVALID, str(error)[:200]))
            self.close()
            return
        self._wake()

    def eof_received(self) -> bool:
        return False  # close our side too

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._complete:
            return
        if self._head_done and self._until_eof and exc is None:
            self._complete = True
            self._wake()
            return
        code = errors.CUT if self._head_done else errors.DISCONNECTED
        self._fail(HttpError(code, type(exc).__name__ if exc is not None else "closed"))

    # -- what the parser calls --

    def on_message_begin(self) -> None:
        if self._complete:
            self._keep = False  # an answer more than was asked for: it is nobody's, least of all the next request's

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value) + _BYTES_A_HEADER
        if self._head_bytes > _MAX_HEAD_BYTES:
            raise ValueError(f"its headers are over {_MAX_HEAD_BYTES} bytes")
        if not self._head_done:  # else it is a trailer, and must not pass for a header
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        if parser is None or self._complete:
            return
        status = parser.get_status_code()
        if status < 200:
            return  # an interim answer; the real one follows
        self.status = status
        self._keep = parser.should_keep_alive()
        framed = any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        self._until_eof = not framed and status not in _NO_BODY_STATUSES
        self._head_done = True

    def on_body(self, body: bytes) -> None:
        if self._complete:
            return
        self._pieces.append(body)
        self._waiting_bytes += len(body)
        if self._waiting_bytes > _PAUSE_ABOVE_BYTES and not self._paused and self._transport is not None:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._head_done:
            self._complete = True
        else:  # of an interim answer
            self.headers.clear()

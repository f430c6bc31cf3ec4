"""Cycle: one request of a client and the answer to it, as an ASGI application sees them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, Protocol

log = logging.getLogger(__name__)

_PAUSE_ABOVE_BYTES: Final = 1024 * 1024
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_REASONS: Final = {status.value: status.phrase.encode() for status in HTTPStatus}
_FAILED: Final = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Link(Protocol):
    """The connection that a cycle belongs to."""

    loop: asyncio.AbstractEventLoop
    state: Any
    transport: asyncio.Transport | None
    write_paused: asyncio.Future[None] | None
    write_timeout_s: float

    @property
    def closing(self) -> bool: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def finished(self, cycle: "Cycle", *, keep: bool) -> None: ...
    def abort(self) -> None: ...


class Cycle:
    """A request in progress. received_bytes: of its body, so far. started: its answer has begun. complete: it is answered."""

    def __init__(self, link: Link, scope: dict[str, Any], *, keep: bool, expects_continue: bool) -> None:
        self.task: asyncio.Task[None] | None = None
        self.received_bytes = 0
        self.reading_paused = False
        self.complete = False
        self._link = link
        self._scope = scope
        self._keep = keep
        self._expects_continue = expects_continue
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._body_ended = self._body_told = self._left = False
        self._waiter: asyncio.Future[None] | None = None
        self._head: bytes | None = None
        self.started = self._chunked = False

    # -- what the connection calls --

    def add_body(self, body: bytes) -> None:
        if self.complete:
            return  # answered already: the rest is read only so that the client comes to read the answer
        self.received_bytes += len(body)
        self._body.append(body)
        self._body_bytes += len(body)
        if self._body_bytes > _PAUSE_ABOVE_BYTES and not self.reading_paused:
            self.reading_paused = True
            self._link.pause_reading()
        self._wake()

    def end_body(self) -> None:
        self._body_ended = True
        self._wake()

    def client_left(self) -> None:
        """The connection is gone: nobody wants the answer."""
        self._left = True
        self._wake()
        if self.task is not None and not self.complete:
            self.task.cancel()

    @property
    def was_not_asked(self) -> bool:
        """Whether the client may still wait to be asked for its body."""
        return self._expects_continue

    async def run(self, app: Callable[..., Awaitable[None]]) -> None:
        """Answer the request with an ASGI application."""
        try:
            await app(self._scope, self.receive, self.send)
        except asyncio.CancelledError:
            if not self._left:
                raise
        except Exception:  # boundary: what the application did not catch must not leave a client waiting
            log.exception("%s %s failed", self._scope["method"], self._scope["path"])
        if not self.complete and not self._left:
            self._break_off()

    # -- what the application calls --

    async def receive(self) -> dict[str, Any]:
        """The next of the request's body, or the client's going."""
        if self._expects_continue and not self.started:
            self._expects_continue = False
            self._write(_CONTINUE)
        while not self._left and (self._body_told or not (self._body or self._body_ended)):
            await self._wait()
        if self._left:
            return {"type": "http.disconnect"}
        body, self._body, self._body_bytes = self._body, [], 0
        ended = self._body_told = self._body_ended
        if self.reading_paused:
            self.reading_paused = False
            self._link.resume_reading()
        return {
            "type": "http.request",
            "body": body[0] if len(body) == 1 else b"".join(body),
            "more_body": not ended,
        }

    async def send(self, message: dict[str, Any]) -> None:
        """The answer's head, then its body; the head waits for the first of the body, so that both leave together."""
        if self._left or self.complete:
            return
        if message["type"] == "http.response.start":
            self._head = self._encode_head(message)
            self.started = True
            self._link.loop.call_soon(self._flush_head)
            return
        if self._link.write_paused is not None:
            await self._drain(self._link.write_paused)
        body, more = message.get("body", b""), message.get("more_body", False)
        head, self._head = self._head or b"", None
        self._write(head + self._frame(body, more))
        if not more:
            self.complete = True
            self._link.finished(self, keep=self._keep)

    def _frame(self, body: bytes, more: bool) -> bytes:
        if self._scope["method"] == "HEAD":
            return b""
        if not self._chunked:
            return body
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return chunk if more else chunk + b"0\r\n\r\n"

    def _encode_head(self, message: dict[str, Any]) -> bytes:
        """Raises: ValueError - a header holds a line break, which would begin another one."""
        status: int = message["status"]
        fields = [*self._link.state.default_headers, *message.get("headers", ())]
        names = {name for name, _ in fields}
        bare = b"content-length" not in names and status >= 200 and status not in (204, 304)
        self._chunked = bare and self._scope["http_version"] == "1.1"  # to older clients its end is the connection's
        if self._chunked:
            fields.append((b"transfer-encoding", b"chunked"))
        if self._link.closing or not self._body_ended:
            self._keep = False
        if not self._keep:
            fields.append((b"connection", b"close"))
        lines = [b"HTTP/1.1 %d %b" % (status, _REASONS.get(status, b"Status"))]
        lines += [b"%b: %b" % field for field in fields]
        head = b"\r\n".join(lines)
        if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1:
            raise ValueError("a header of the answer holds a line break")
        return head + b"\r\n\r\n"

    def _flush_head(self) -> None:
        """Send the head by itself when nothing of the body came at once."""
        head, self._head = self._head, None
        if head:
            self._write(head)

    def _write(self, data: bytes) -> None:
        transport = self._link.transport
        if data and transport is not None and not transport.is_closing():
            transport.write(data)

    async def _drain(self, paused: asyncio.Future[None]) -> None:
        """Wait until the client has taken enough; one that does not is given up."""
        try:
            async with asyncio.timeout(self._link.write_timeout_s):
                await asyncio.shield(paused)
        except TimeoutError:
            self._left = True
            self._link.abort()
            raise asyncio.CancelledError from None

    def _break_off(self) -> None:
        """The application ended without a whole answer: say so if nothing was sent yet, and close."""
        self.complete = True
        if not self.started:
            self._write(_FAILED)
        self._link.finished(self, keep=False)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self) -> None:
        self._waiter = self._link.loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

"""ServerProtocol: HTTP/1.1 towards the clients, as a protocol class of uvicorn, which owns sockets, signals and draining.

What it does differently from uvicorn's own: the head of an answer and its body leave in one write; a client that goes
away cancels its request at once; and a client that is slow - in sending its request, or in taking its answer - is given
so long and no longer, so that a thousand of them cannot hold the process.
"""

import asyncio
from collections import deque
from typing import Any, Final
from urllib.parse import unquote

import httptools

from lrcp.gateway.http1.cycle import Cycle

MAX_HEAD_BYTES: Final = 64 * 1024
_BYTES_A_HEADER: Final = 32
"""What a header costs beside its bytes: without it, 60,000 empty ones would pass."""
_MAX_WAITING_REQUESTS: Final = 16
CANCELS: Final = "lrcp.cancels"
"""The ASGI extension that tells an application that it is cancelled when its client goes away."""
_FRAMING: Final = (b"content-length", b"transfer-encoding", b"connection")
_EXTENSIONS: Final[dict[str, dict[str, Any]]] = {CANCELS: {}}
_VERSIONS: Final = ("1.0", "1.1")
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
)
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def _is_offer(line: bytes) -> bool:
    """Whether a Connection header's line would make the parser stop again."""
    return line.startswith(b"connection") and b"upgrade" in line.lower()


class ServerProtocol(asyncio.Protocol):
    """One connection of a client. Requests on it are answered one after the other, in order.

    Times are in seconds. head_timeout_s: for a request's head, from the beginning of the connection or its first byte.
    body_timeout_s: for each min_progress_bytes of a request's body. write_timeout_s: for a client to take what waits for
    it, once that is over the transport's high-water mark; and for each min_progress_bytes of what is left at the end.
    linger_s: for a client to stop sending a request that is answered already, and to read the answer.
    max_connections: of clients; one too many is told so and closed.
    """

    head_timeout_s = 20.0
    body_timeout_s = 30.0
    write_timeout_s = 60.0
    linger_s = 5.0
    min_progress_bytes = 1024
    max_connections = 8192

    def __init__(
        self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: asyncio.AbstractEventLoop | None = None
    ) -> None:
        if not config.loaded:
            config.load()
        self.loop = _loop or asyncio.get_event_loop()
        self.state = server_state
        self.transport: asyncio.Transport | None = None
        self.write_paused: asyncio.Future[None] | None = None
        self._app = config.loaded_app
        self._keepalive_s = float(config.timeout_keep_alive)
        self._parser = httptools.HttpRequestParser(self)
        self._timer: asyncio.TimerHandle | None = None
        self._cycles: deque[Cycle] = deque()
        self._reading: Cycle | None = None
        self._closing = False
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._in_head = self._broken = self._offer_ended = False
        self._offer: tuple[bytes, ...] | None = None

    # -- what the event loop and the server call --

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a Protocol's transport is a Transport
        if len(self.state.connections) >= self.max_connections and self.transport is not None:
            self._broken = self._closing = True
            self.transport.write(_TOO_MANY)
            self.transport.close()
        self.state.connections.add(self)
        self._set_timer(self.head_timeout_s)

    def data_received(self, data: bytes) -> None:
        while data and not self._broken:
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._decline_offer()
                continue
            except httptools.HttpParserError:
                self._refuse(b"400 Bad Request", b"this is not a valid HTTP request")
            return

    def eof_received(self) -> bool:
        """A client that closes its side has gone: so is told one that no longer waits for its answer."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.state.connections.discard(self)
        self._closing = True
        self._stop_timer()
        self.resume_writing()
        for cycle in self._cycles:
            cycle.client_left()
        self._cycles.clear()

    def pause_writing(self) -> None:
        self.write_paused = self.loop.create_future()

    def resume_writing(self) -> None:
        paused, self.write_paused = self.write_paused, None
        if paused is not None and not paused.done():
            paused.set_result(None)

    def shutdown(self) -> None:
        """The server drains: finish what is in progress, then close."""
        self._closing = True
        if not self._cycles:
            self._close()

    # -- what the parser calls --

    def on_message_begin(self) -> None:
        if self._offer is not None:
            return
        self._url, self._headers, self._head_bytes = b"", [], 0
        self._in_head = True
        if not self._cycles:
            self._set_timer(self.head_timeout_s)

    def on_url(self, url: bytes) -> None:
        if self._offer is not None:
            return
        self._url += url
        self._count_head(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._offer is not None:
            return
        self._count_head(len(name) + len(value) + _BYTES_A_HEADER)
        if self._in_head:  # else it is a trailer, and must not pass for a header
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._offer is not None:
            return
        self._in_head = False
        scope = self._make_scope()
        is_new = scope["http_version"] == "1.1"
        expects = is_new and any(n == b"expect" and v.lower() == b"100-continue" for n, v in self._headers)
        keep = is_new and self._parser.should_keep_alive()
        cycle = Cycle(self, scope, keep=keep, expects_continue=expects)
        if self._parser.should_upgrade():
            self._offer = tuple(b"%b: %b" % header for header in self._headers if header[0] in _FRAMING)
        self._reading = cycle
        self._cycles.append(cycle)
        if len(self._cycles) == 1:
            self._begin(cycle)
        elif len(self._cycles) >= _MAX_WAITING_REQUESTS:
            self.pause_reading()

    def on_body(self, body: bytes) -> None:
        if self._reading is not None:
            self._reading.add_body(body)
            self._set_timer_for_body()

    def on_message_complete(self) -> None:
        if self._offer is not None:
            self._offer_ended = True  # perhaps only because the parser leaves the body out: see _decline_offer
            return
        cycle, self._reading = self._reading, None
        if cycle is None:
            return
        if cycle.complete:
            self._go_on()
            return
        cycle.end_body()
        if cycle is self._cycles[0]:
            self._stop_timer()

    # -- what a cycle calls --

    @property
    def closing(self) -> bool:
        """Whether no further request is taken on this connection."""
        return self._closing

    def pause_reading(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.transport is not None and not self.transport.is_closing() and not self.transport.is_reading():
            self.transport.resume_reading()

    def finished(self, cycle: Cycle, *, keep: bool) -> None:
        """An answer has been written to its end."""
        self.state.total_requests += 1
        self._closing = self._closing or not keep
        if self._cycles and self._cycles[0] is cycle:
            self._cycles.popleft()
        if self._reading is cycle and cycle.was_not_asked:
            self._close()  # the body waits for a word that does not come; what comes next may be anything
        elif self._reading is cycle:  # the rest of its body is read and thrown away: a close now would lose the answer
            self.resume_reading()
            self._set_timer(self.linger_s)
        else:
            self._go_on()

    def abort(self) -> None:
        """Give a client up that does not take its answer."""
        self._closing = True
        if self.transport is not None:
            self.transport.abort()

    # -- own --

    def _go_on(self) -> None:
        """With the next request on this connection, if there is to be one."""
        if self.transport is None or self.transport.is_closing():
            return
        if self._closing:
            self._close()
            return
        self.resume_reading()
        if self._cycles:
            self._begin(self._cycles[0])
        else:
            self._set_timer(self.head_timeout_s if self._in_head else self._keepalive_s)

    def _begin(self, cycle: Cycle) -> None:
        self._stop_timer()
        if self._reading is cycle:
            self._set_timer_for_body()
        task = self.loop.create_task(cycle.run(self._app))
        cycle.task = task
        self.state.tasks.add(task)
        task.add_done_callback(self.state.tasks.discard)

    def _make_scope(self) -> dict[str, Any]:
        """Raises: ValueError - it is not of HTTP/1, or its URL has no path."""
        parsed, version = httptools.parse_url(self._url), self._parser.get_http_version()
        if version not in _VERSIONS or not parsed.path:
            raise ValueError("not a request of HTTP/1")
        path = parsed.path.decode("latin-1")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "extensions": _EXTENSIONS,
            "http_version": version,
            "method": self._parser.get_method().decode("ascii"),
            "scheme": "http",
            "path": unquote(path) if "%" in path else path,
            "raw_path": parsed.path,
            "query_string": parsed.query or b"",
            "root_path": "",
            "headers": self._headers,
            "client": None,
            "server": None,
        }

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(b"431 Request Header Fields Too Large", b"the head of the request is over 64 KiB")
            raise ValueError("the head of the request is too large")

    def _decline_offer(self) -> None:
        """An offer to change protocols (Java's client makes one of HTTP/2 with each request) is not taken up.

        The parser has stopped at the end of the head. Another one goes on with the body, told how long it is.
        """
        lines = (line for line in self._offer or () if not _is_offer(line))
        self._parser, self._offer_ended = httptools.HttpRequestParser(self), False
        self._parser.feed_data(b"\r\n".join((b"POST / HTTP/1.1", *lines, b"", b"")))
        self._offer = None
        if self._offer_ended:
            self.on_message_complete()

    def _refuse(self, status: bytes, why: bytes) -> None:
        """An answer to what is no request; nothing after it can be understood. What was asked before it is answered first."""
        self._broken = self._closing = True
        if self.transport is None or self.transport.is_closing():
            return
        reading, self._reading = self._reading, None
        if reading is not None and reading in self._cycles and reading is not self._cycles[0]:
            self._cycles.remove(reading)
            reading = None
        if self._cycles and reading is None:
            return
        if reading is None or not reading.started:
            lines = (b"HTTP/1.1 " + status, b"content-type: text/plain", b"content-length: %d" % len(why))
            self.transport.write(b"\r\n".join((*lines, b"connection: close", b"", why)))
        self._close()

    def _close(self) -> None:
        """Close, once the client has taken what was written; one that does not take it is given up."""
        if self.transport is not None:
            self.transport.close()
            self._look_at_writing(None)

    def _look_at_writing(self, before: int | None) -> None:
        self._stop_timer()
        left = self.transport.get_write_buffer_size() if self.transport is not None else 0
        if left and before is not None and left > before - self.min_progress_bytes:
            self.abort()
        elif left:
            self._timer = self.loop.call_later(self.write_timeout_s, self._look_at_writing, left)

    def _set_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self._time_out)

    def _set_timer_for_body(self) -> None:
        """One timer for much of a body, rather than one for each of its pieces."""
        if self._timer is None and self._reading is not None:
            received = self._reading.received_bytes
            self._timer = self.loop.call_later(self.body_timeout_s, self._look_at_body, self._reading, received)

    def _look_at_body(self, cycle: Cycle, before: int) -> None:
        self._timer = None
        if self._reading is not cycle:
            return
        waits = cycle.reading_paused or cycle is not self._cycles[0]
        if waits or cycle.received_bytes - before >= self.min_progress_bytes:
            self._set_timer_for_body()
        else:
            self._time_out()

    def _time_out(self) -> None:
        self._timer = None
        if self.transport is None:
            return
        reading = self._reading
        waits_for_head = self._in_head and not self._cycles
        waits_for_body = reading is not None and not reading.started and reading in self._cycles
        if waits_for_head or waits_for_body:
            self.transport.write(_TOO_SLOW)
        self._close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

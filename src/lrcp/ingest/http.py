"""What all HTTP receivers share: read a bounded body, decode it, store it, then reply.

A receiver is data: a table of paths, each with a pure `decode(Request) -> Decoded`, and one `render_error`. It does no
I/O. Reading, decompressing, storing, counting and the mapping of errors to statuses are here, once.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from lrcp.ingest.asgi import Receive, Scope, Send
from lrcp.ingest.consumer import Consumer
from lrcp.ingest.counters import Counters
from lrcp.ingest.encoding import decompress
from lrcp.kit.clock import Clock
from lrcp.model.batch import Batch
from lrcp.model.errors import (
    BusyError,
    DecodeError,
    InputError,
    LrcpError,
    TooLargeError,
    UnsupportedError,
)

log = logging.getLogger(__name__)

DEFAULT_MAX_BODY_BYTES: Final = 25 * 1024 * 1024
_DECODE_IN_THREAD_BYTES: Final = 512 * 1024
"""Above this a body is decoded beside the event loop, so that other requests go on."""


class Request(msgspec.Struct):
    """A request as decoders see it: body whole and decompressed, header names lower case."""

    method: str
    path: str
    query: bytes
    headers: dict[bytes, bytes]
    body: bytes
    received_ns: int

    def content_type(self) -> str:
        """Media type without parameters, lower case; '' when the header is missing."""
        return self.headers.get(b"content-type", b"").split(b";", 1)[0].strip().lower().decode("latin-1")


class Reply(msgspec.Struct):
    """A reply; body is whole."""

    status: int
    body: bytes = b""
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Decoded(msgspec.Struct):
    """What a decoder made of a request: the records to store, and the reply to send once they are stored.

    rejected counts the records of the request that were refused while the others go on. undo is called when the batch
    could not be stored: a decoder that remembers something of one request for the next puts it back as it was.
    """

    reply: Reply
    batch: Batch | None = None
    rejected: int = 0
    undo: Callable[[], None] | None = None


Decoder = Callable[[Request], Decoded]
ErrorRenderer = Callable[[Request, int, str], Reply]
"""(request, status, message) -> the reply in the protocol's own form."""


class Route(msgspec.Struct):
    """One path of a receiver. max_body_bytes bounds the body before and after decompression."""

    decode: Decoder
    methods: frozenset[str] = frozenset({"POST"})
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES


class Receiver(msgspec.Struct):
    """A receiver as data. A key of `routes` that ends in '*' matches every path with that beginning; the longest wins."""

    name: str
    routes: Mapping[str, Route]
    render_error: ErrorRenderer
    busy_status: int = 429


_STATUS_OF_ERROR: Final[tuple[tuple[type[LrcpError], int, str], ...]] = (
    (TooLargeError, 413, "too_large"),
    (UnsupportedError, 415, "unsupported"),
    (DecodeError, 400, "undecodable"),
    (InputError, 400, "undecodable"),
)


class ReceiverApp:
    """The ASGI application of one receiver."""

    def __init__(self, receiver: Receiver, consumer: Consumer, counters: Counters, clock: Clock) -> None:
        self._receiver = receiver
        self._consumer = consumer
        self._counters = counters
        self._clock = clock
        self._exact = {path: route for path, route in receiver.routes.items() if not path.endswith("*")}
        prefixes = [(path[:-1], route) for path, route in receiver.routes.items() if path.endswith("*")]
        self._prefixes = sorted(prefixes, key=lambda item: -len(item[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        reply = await self.handle(scope, receive)
        await _send_reply(send, reply)

    def find_route(self, path: str) -> Route | None:
        """The route of a path, None when this receiver does not know it."""
        route = self._exact.get(path)
        if route is not None:
            return route
        return next((route for prefix, route in self._prefixes if path.startswith(prefix)), None)

    async def handle(self, scope: Scope, receive: Receive) -> Reply:
        """Answer one request; every outcome is a reply, none is an exception."""
        self._count("requests")
        request = Request(
            scope["method"],
            scope["path"],
            scope.get("query_string", b""),
            dict(scope["headers"]),
            b"",
            self._clock.now_ns(),
        )
        route = self.find_route(request.path)
        if route is None:
            return self._refuse(request, 404, "unknown_path", f"no such path: {request.path[:200]}")
        if request.method not in route.methods:
            return self._refuse_method(request, ", ".join(sorted(route.methods)))
        try:
            await _read_body(request, receive, route.max_body_bytes)
            self._count("bytes", len(request.body))
            decoded = await self._decode(route, request)
        except InputError as error:
            return self._refuse_error(request, error)
        return await self._store(request, decoded)

    async def _decode(self, route: Route, request: Request) -> Decoded:
        try:
            if len(request.body) > _DECODE_IN_THREAD_BYTES:
                return await asyncio.to_thread(route.decode, request)
            return route.decode(request)
        except InputError:
            raise
        except Exception as error:  # boundary: a body that a decoder did not foresee is a bad body, and counted
            self._count("unexpected")
            log.warning("%s %s: decoder failed on a body: %r", self._receiver.name, request.path, error)
            raise DecodeError(f"the body could not be decoded ({type(error).__name__})") from error

    async def _store(self, request: Request, decoded: Decoded) -> Reply:
        if decoded.rejected:
            self._count("rejected_records", decoded.rejected)
        if decoded.batch is None or not len(decoded.batch):
            return decoded.reply
        try:
            await self._consumer.consume(decoded.batch)
        except BusyError as error:
            _undo(decoded)
            return self._try_later(request, self._receiver.busy_status, "busy", str(error), error.retry_after_s)
        except InputError as error:
            _undo(decoded)
            return self._refuse_error(request, error)
        except LrcpError as error:
            _undo(decoded)
            return self._try_later(request, 503, "unavailable", str(error), 5.0)
        except Exception as error:  # boundary: nothing was acknowledged, so the sender keeps it and tries again
            _undo(decoded)
            log.exception("%s %s: storing failed", self._receiver.name, request.path)
            return self._try_later(request, 503, "unexpected", f"storing failed ({type(error).__name__})", 5.0)
        self._count("records", len(decoded.batch))
        return decoded.reply

    def _count(self, what: str, amount: int = 1) -> None:
        self._counters.add(self._receiver.name, what, amount)

    def _refuse(self, request: Request, status: int, what: str, message: str) -> Reply:
        self._count(what)
        return self._receiver.render_error(request, status, message)

    def _refuse_method(self, request: Request, allowed: str) -> Reply:
        message = f"{request.method[:20]} is not allowed here, use {allowed}"
        reply = self._refuse(request, 405, "wrong_method", message)
        reply.headers = (*reply.headers, (b"allow", allowed.encode()))
        return reply

    def _refuse_error(self, request: Request, error: InputError) -> Reply:
        status, what = next((s, w) for kind, s, w in _STATUS_OF_ERROR if isinstance(error, kind))
        return self._refuse(request, status, what, str(error))

    def _try_later(self, request: Request, status: int, what: str, message: str, after_s: float) -> Reply:
        reply = self._refuse(request, status, what, message)
        seconds = str(max(1, math.ceil(after_s))).encode()
        reply.headers = (*reply.headers, (b"retry-after", seconds))
        return reply


def _undo(decoded: Decoded) -> None:
    if decoded.undo is not None:
        decoded.undo()


async def _read_body(request: Request, receive: Receive, limit: int) -> None:
    """Fill request.body, decompressed. Raises: TooLargeError, UnsupportedError, DecodeError."""
    declared = request.headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise TooLargeError(f"the body has {int(declared)} bytes, the limit is {limit}")
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DecodeError("the client went away before the body was complete")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLargeError(f"the body is over the limit of {limit} bytes")
        chunks.append(chunk)
        more = message.get("more_body", False)
    raw = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    encoding = request.headers.get(b"content-encoding", b"")
    request.body = decompress(raw, encoding.decode("latin-1"), limit) if encoding else raw


async def _send_reply(send: Send, reply: Reply) -> None:
    headers = [(b"content-type", reply.content_type), (b"content-length", str(len(reply.body)).encode())]
    await send({"type": "http.response.start", "status": reply.status, "headers": [*headers, *reply.headers]})
    await send({"type": "http.response.body", "body": reply.body})

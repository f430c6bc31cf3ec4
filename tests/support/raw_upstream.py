"""An upstream below HTTP: it takes real connections and does with them what no HTTP server would.

Each manner is a function of the connection, run once the request has come in (`RawUpstream.asked` counts them).
"""

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.wayward_upstream import WORDS, chunk, whole

Manner = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_HEAD = b"HTTP/1.1 %d X\r\ncontent-type: %s\r\n%s\r\n\r\n"
_MIB = 1024 * 1024


@dataclass
class RawUpstream:
    """asked: requests that came in whole. busy: those not answered yet. gone: the other side has closed one."""

    url: str = ""
    asked: int = 0
    busy: int = 0
    gone: threading.Event = field(default_factory=threading.Event)


@contextmanager
def raw_upstream(manner: Manner, tls: ssl.SSLContext | None = None) -> Iterator[RawUpstream]:
    """Serve from a thread of its own until the block ends."""
    upstream = RawUpstream()
    loop = asyncio.new_event_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while await _read_request(reader):
                upstream.asked += 1
                upstream.busy += 1
                try:
                    await _until_gone(manner(reader, writer), reader, upstream)
                finally:
                    upstream.busy -= 1
        except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            upstream.gone.set()
        finally:
            tasks.discard(task)
            writer.close()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)

    async def stop(server: asyncio.Server) -> None:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.sleep(0.01)

    server = loop.run_until_complete(start())
    scheme = "https" if tls is not None else "http"
    upstream.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    """The body of the next request; b'' when none comes any more."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        return b""


async def _until_gone(work: Awaitable[None], reader: asyncio.StreamReader, upstream: RawUpstream) -> None:
    """Run a manner, and stop it when the other side closes the connection."""
    running = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(reader.read(1))
    try:
        await asyncio.wait((running, leaving), return_when=asyncio.FIRST_COMPLETED)
        if leaving.done() and not running.done():
            upstream.gone.set()
            raise ConnectionError("gone")
        await running
    finally:
        leaving.cancel()
        running.cancel()
        await asyncio.gather(leaving, running, return_exceptions=True)


def _send(writer: asyncio.StreamWriter, status: int, kind: bytes, body: bytes, *headers: bytes) -> None:
    extra = b"\r\n".join((b"content-length: %d" % len(body), *headers))
    writer.write(_HEAD % (status, kind, extra) + body)


def _begin_stream(writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD % (200, b"text/event-stream", b"transfer-encoding: chunked"))


def _send_chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n%s\r\n" % (len(data), data))


def word(number: int, finish: str | None = None) -> bytes:
    return b"data: " + json.dumps(chunk("raw", {"content": WORDS[number]}, finish)).encode() + b"\n\n"


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips_its_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    for byte in _HEAD % (200, b"application/json", b"x-padding: " + b"a" * 10_000):
        writer.write(bytes((byte,)))
        await asyncio.sleep(0.02)


async def drips_its_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD % (200, b"application/json", b"content-length: 100000"))
    for _ in range(100_000):
        writer.write(b" ")
        await asyncio.sleep(0.02)


async def pings_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _begin_stream(writer)
    for _ in range(10_000):
        _send_chunk(writer, b": ping\n\n")
        await asyncio.sleep(0.02)


async def half_closes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says that it will write no more, without an answer, and goes on listening."""
    writer.write_eof()
    await asyncio.Event().wait()


async def half_closes_within(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD % (200, b"application/json", b"content-length: 1000") + b'{"id":')
    await writer.drain()
    writer.write_eof()
    await asyncio.Event().wait()


async def speaks_otherwise(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n")


async def never_ends_its_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"x-padding: " + b"a" * 8000 + b"\r\n")
        await writer.drain()


async def cuts_its_json(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    body = json.dumps(whole("raw")).encode()
    _send(writer, 200, b"application/json", body[: len(body) // 2])


async def shows_a_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _send(writer, 200, b"text/html", b"<html>Sign in to the network</html>")


async def cuts_before_the_first_token(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _begin_stream(writer)
    _send_chunk(writer, b": ping\n\n")
    await writer.drain()
    await resets(reader, writer)


async def cuts_after_the_first_token(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _begin_stream(writer)
    _send_chunk(writer, word(0))
    await writer.drain()
    await asyncio.sleep(0.1)  # so that it is read before the reset takes it away
    await resets(reader, writer)


async def goes_silent_after_the_first_token(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _begin_stream(writer)
    _send_chunk(writer, word(0))
    await asyncio.Event().wait()


async def streams_on_and_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _begin_stream(writer)
    while True:
        _send_chunk(writer, word(1))
        await writer.drain()
        await asyncio.sleep(0.01)


async def sends_100_mb(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_HEAD % (200, b"application/json", b"content-length: %d" % (100 * _MIB)))
    for _ in range(100):
        writer.write(b" " * _MIB)
        await writer.drain()


def fails_and_recovers(failures: int, status: int, retry_after: str) -> Manner:
    """Answers that many times with a status, then well."""
    left = failures

    async def manner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal left
        if left > 0:
            left -= 1
            error = {"error": {"message": "not now", "type": "rate_limit_error", "code": "busy", "param": None}}
            _send(
                writer, status, b"application/json", json.dumps(error).encode(), b"retry-after: " + retry_after.encode()
            )
        else:
            _send(writer, 200, b"application/json", json.dumps(whole("raw")).encode())

    return manner


async def cuts_an_anthropic_stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    message: dict[str, object] = {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "raw",
        "content": [],
        "stop_reason": None,
    }
    usage = {"input_tokens": 3, "output_tokens": 1}
    block = {"type": "text", "text": ""}
    delta = {"type": "text_delta", "text": WORDS[0]}
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": {**message, "stop_sequence": None, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
    ]
    _begin_stream(writer)
    for event in events:
        _send_chunk(writer, f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    await writer.drain()
    await asyncio.sleep(0.1)
    await resets(reader, writer)

"""A model server that does nothing, fast, so that it is not what is measured. Start it with `command(port)`.

OpenAI's chat wire, by string search and prepared bytes. The body's model decides: `fast` answers at once; `paced` sends
one frame every 20 ms, PACED_FRAMES of them, when it streams. Spans sent to /v1/traces are taken and forgotten.
"""

import asyncio
import sys

FAST_CHUNKS = 20
PACED_FRAMES = 250
FRAME_S = 0.02
_USAGE = b'"usage":{"prompt_tokens":1000,"completion_tokens":20,"total_tokens":1020}'
_ANSWER = (
    b'{"id":"c","object":"chat.completion","created":1,"model":"fast","choices":[{"index":0,"message":{"role":"assistant",'
    b'"content":"' + b"word " * 20 + b'"},"finish_reason":"stop"}],' + _USAGE + b"}"
)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_WHOLE = _HEAD % len(_ANSWER) + _ANSWER
_TAKEN = _HEAD % 2 + b"{}"
_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_FRAME = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"fast","choices":[{"index":0,"delta":'
    b'{"content":"word "},"finish_reason":null}]}\n\n'
)
_END = (
    b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"fast","choices":[{"index":0,"delta":{},'
    b'"finish_reason":"stop"}]}\n\ndata: {"id":"c","object":"chat.completion.chunk","created":1,"model":"fast","choices":[],'
    + _USAGE
    + b"}\n\ndata: [DONE]\n\n"
)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class FastServer(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._data = bytearray()
        self._wanted = 0
        self._pacing: asyncio.Task[None] | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._pacing is not None:
            self._pacing.cancel()

    def data_received(self, data: bytes) -> None:
        self._data += data
        while self._data:
            if not self._wanted and not self._read_head():
                return
            if len(self._data) < self._wanted:
                return
            request = bytes(self._data[: self._wanted])
            del self._data[: self._wanted]
            self._wanted = 0
            self._answer(request)

    def _read_head(self) -> bool:
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return False
        _, found, length = bytes(self._data[:end]).lower().partition(b"content-length:")
        self._wanted = end + 4 + (int(length.split(b"\r\n", 1)[0]) if found else 0)
        return True

    def _answer(self, request: bytes) -> None:
        if request.startswith((b"GET", b"POST /v1/traces")):
            self._transport.write(_TAKEN)
        elif b'"stream":true' not in request and b'"stream": true' not in request:
            self._transport.write(_WHOLE)
        elif b'"paced"' in request:
            self._pacing = asyncio.get_running_loop().create_task(self._pace())
        else:
            self._transport.write(_STREAM)
            for _ in range(FAST_CHUNKS):
                self._transport.write(_chunk(_FRAME))
            self._transport.write(_chunk(_END) + b"0\r\n\r\n")

    async def _pace(self) -> None:
        self._transport.write(_STREAM)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for number in range(PACED_FRAMES):
            self._transport.write(_chunk(_FRAME))
            await asyncio.sleep(max(0.0, begun + (number + 1) * FRAME_S - loop.time()))
        self._transport.write(_chunk(_END) + b"0\r\n\r\n")


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(FastServer, "127.0.0.1", port)
    await server.serve_forever()


def command(port: int) -> list[str]:
    """The command of a process that serves on a port."""
    code = f"import uvloop; from benchmarks.fast_upstream import serve; uvloop.run(serve({port}))"
    return [sys.executable, "-c", code]

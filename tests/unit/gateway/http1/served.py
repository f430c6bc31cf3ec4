"""A server of ours with a small application, on a real socket, in a thread; and a client that writes bytes."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from lrcp.gateway.http1.cycle import Cycle
from lrcp.gateway.http1.serving import ServerProtocol
from tests.support.processes import wait_until


class HastyProtocol(ServerProtocol):
    """The same, with less patience."""

    head_timeout_s = 0.3
    body_timeout_s = 0.3
    write_timeout_s = 0.4
    linger_s = 0.5


class Application:
    """What it does is in the path. cancelled counts requests whose client left; sent the bytes of /endless given away."""

    def __init__(self) -> None:
        self.cancelled = 0
        self.sent = 0
        self.requests: list[tuple[str, str, bytes]] = []
        self.headers: list[list[tuple[bytes, bytes]]] = []
        self.loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.loop = asyncio.get_running_loop()
        try:
            await getattr(self, scope["path"].strip("/") or "echo", self.echo)(scope, receive, send)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    def tasks(self) -> int:
        """Requests in progress."""
        if self.loop is None:
            return 0
        return sum(f"{Cycle.run.__qualname__} " in repr(task.get_coro()) for task in asyncio.all_tasks(self.loop))

    async def echo(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.requests.append((scope["method"], scope["path"], body))
        self.headers.append(list(scope["headers"]))
        said = b"%s %s %s" % (scope["method"].encode(), scope["path"].encode(), body)
        await answer(send, said)

    async def early(self, scope: Any, receive: Any, send: Any) -> None:
        await answer(send, b"no", status=413)

    async def stream(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in (b"one", b"two"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def wait(self, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(60)

    async def soon(self, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        await answer(send, b"soon")

    async def endless(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
            self.sent += 65536
            await asyncio.sleep(0)

    async def large(self, scope: Any, receive: Any, send: Any) -> None:
        await answer(send, bytes(32 * 1024 * 1024))

    async def split(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b\r\nset-cookie: c=d")]})

    async def fail(self, scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("on purpose")


async def answer(send: Any, body: bytes, status: int = 200) -> None:
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Served:
    def __init__(self, app: Application, port: int, server: uvicorn.Server) -> None:
        self.app = app
        self.port = port
        self.server = server

    def connect(self, timeout_s: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)

    def exchange(self, data: bytes) -> bytes:
        """Send, and read until the server closes or a second goes by in silence."""
        with self.connect() as client:
            client.sendall(data)
            return read_all(client)


def read_all(client: socket.socket, silence_s: float = 0.25) -> bytes:
    client.settimeout(silence_s)
    pieces = []
    try:
        while piece := client.recv(1 << 20):
            pieces.append(piece)
    except (TimeoutError, ConnectionResetError):
        pass
    return b"".join(pieces)


def read_to_close(client: socket.socket, within_s: float = 10) -> bytes:
    """Raises: TimeoutError - the server does not close."""
    client.settimeout(within_s)
    pieces = []
    try:
        while piece := client.recv(1 << 20):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


@contextmanager
def serving_app(protocol: type[ServerProtocol] = ServerProtocol, loop: str = "auto") -> Iterator[Served]:
    app = Application()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_level="critical",
        loop=loop,
        server_header=False,
        date_header=False,
        backlog=2048,
        timeout_keep_alive=20,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the server to start")
        yield Served(app, listener.getsockname()[1], server)
    finally:
        server.force_exit = server.should_exit = True
        thread.join(timeout=10)
        listener.close()

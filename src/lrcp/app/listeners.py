"""Several ASGI applications in one event loop, each on a socket of its own."""

import asyncio
import contextlib
import socket
from collections.abc import Generator
from typing import Any

import uvicorn

from lrcp.model.errors import SettingsError

KEEP_ALIVE_S = 75
_DRAIN_S = 10


def bind_tcp(host: str, port: int, variable: str) -> socket.socket:
    """A listening TCP socket. port 0 takes a free one.

    Raises: SettingsError - the address is taken or not ours; names the setting to change.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise SettingsError(
            f"cannot listen on {host}:{port} ({error.strerror}); set {variable} to another port"
        ) from error
    return sock


class _Server(uvicorn.Server):
    """Leaves the signals to the process that runs several of them, and tells when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.accepting.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Listener:
    """One application on one socket."""

    def __init__(self, name: str, app: Any, sock: socket.socket) -> None:
        self.name = name
        self._socket = sock
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=_DRAIN_S,
            ws="none",
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self._socket.getsockname()[1])

    @property
    def is_open(self) -> bool:
        """Whether connections are accepted."""
        return self._task is not None and not self._task.done() and self._server.started

    async def start(self) -> None:
        """Accept connections; returns when it does."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]), name=f"listen-{self.name}")
        accepting = asyncio.create_task(self._server.accepting.wait())
        await asyncio.wait({accepting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            accepting.cancel()
            self._task.result()

    async def stop(self) -> None:
        """Accept no more, finish the requests under way within a bound."""
        if self._task is None:
            return
        self._server.should_exit = True
        await self._task
        self._task = None
        self._socket.close()

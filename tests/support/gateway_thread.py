"""A gateway with a configuration of the test's own, on a real socket, in a thread."""

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn

from lrcp.evaluators.cost import load_price_book
from lrcp.gateway.app import GatewayApp
from lrcp.gateway.asgi import Receive, Scope, Send
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.http1.serving import ServerProtocol
from lrcp.gateway.ports import Ports
from lrcp.gateway.providers import Upstream, make_upstreams
from tests.support.processes import wait_until


class RunningGateway:
    """A gateway in a thread of its own: its address, and what of it is still in use."""

    def __init__(self, app: GatewayApp) -> None:
        self.url = ""
        self.app = app
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        await self.app(scope, receive, send)

    def tasks(self) -> list[str]:
        """What runs on the gateway's event loop now."""
        assert self._loop is not None
        return sorted(repr(task.get_coro()).split(" ")[2] for task in asyncio.all_tasks(self._loop))

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/health", timeout=10) as reply:
            health: dict[str, Any] = json.load(reply)
        return health


@contextmanager
def running_gateway(
    upstream_url: str,
    *,
    ports: Ports | None = None,
    prices_file: str = "",
    upstreams: Mapping[str, Upstream] | None = None,
    provider: str = "url",
    **changes: Any,
) -> Iterator[RunningGateway]:
    """Serve until the block ends; changes are fields of GatewayConfig. provider: the default one of upstreams."""
    known = upstreams or make_upstreams("url", {}, url=f"{upstream_url}/v1")
    config = GatewayConfig(upstreams=known, default_provider=provider, **changes)
    gateway = RunningGateway(GatewayApp(config, load_price_book(prices_file), ports=ports))
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(gateway, http=ServerProtocol, ws="none", lifespan="on", log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the gateway to start")
        gateway.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield gateway
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()


@contextmanager
def gateway_thread(upstream_url: str, **changes: Any) -> Iterator[str]:
    """The same. Yields: the gateway's address."""
    with running_gateway(upstream_url, **changes) as gateway:
        yield gateway.url

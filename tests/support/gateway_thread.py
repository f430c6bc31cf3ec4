"""A gateway with a configuration of the test's own, on a real socket, in a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from lrcp.evaluators.cost import load_price_book
from lrcp.gateway.app import GatewayApp
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.providers import make_upstreams
from tests.support.processes import wait_until


@contextmanager
def gateway_thread(upstream_url: str, **changes: Any) -> Iterator[str]:
    """Serve until the block ends; changes are fields of GatewayConfig. Yields: the gateway's address."""
    upstreams = make_upstreams("url", {}, url=f"{upstream_url}/v1")
    app = GatewayApp(GatewayConfig(upstreams=upstreams, default_provider="url", **changes), load_price_book())
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", ws="none", lifespan="on", log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the gateway to start")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        listener.close()

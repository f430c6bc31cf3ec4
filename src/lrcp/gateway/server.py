"""The gateway as a process: one uvicorn server on one event loop, drained on SIGTERM."""

import gc
import resource
import socket
from types import FrameType

import uvicorn

from lrcp.evaluators.cost import load_price_book
from lrcp.gateway.app import GatewayApp
from lrcp.gateway.config import GatewayConfig
from lrcp.gateway.http1.serving import ServerProtocol
from lrcp.gateway.ports import Ports
from lrcp.model.errors import SettingsError

_KEEPALIVE_S = 75
_BACKLOG = 2048
_COLLECT_AFTER = (5_000, 10, 10)
"""Objects made and not yet gone, after which the youngest are looked at; and how many times until the older ones are."""
_OTHER_FILES = 768
"""Of the process itself, and idle connections to providers."""


class _Server(uvicorn.Server):
    """A server for which SIGTERM is a request to end, not a way to die: the process exits with 0 when it has drained."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._captured_signals.clear()


def serve_gateway(config: GatewayConfig, ports: Ports | None = None) -> None:
    """Serve until SIGTERM or SIGINT; then take no more, finish what is in progress (drain_s at most), send the last spans.

    Raises: SettingsError - the port is taken, or the price file is wrong.
    """
    app = GatewayApp(config, load_price_book(config.prices_file), ports=ports)
    listener = open_listener(config.host, config.port, share=config.share_port)
    ServerProtocol.max_connections = allow_connections(config.limits.max_connections)
    server = _Server(
        uvicorn.Config(
            app,
            loop="auto",
            http=ServerProtocol,
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEPALIVE_S,
            timeout_graceful_shutdown=int(config.drain_s),
        )
    )
    _collect_garbage_seldom()
    try:
        server.run(sockets=[listener])
    finally:
        listener.close()


def allow_connections(upstream: int) -> int:
    """How many clients may be connected, having asked for as many open files as may be had; upstream: towards providers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ServerProtocol.max_connections + upstream + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    files = wanted if soft == resource.RLIM_INFINITY else min(soft, wanted)
    return max(files // 2, files - upstream - _OTHER_FILES)


def _collect_garbage_seldom() -> None:
    """Let the collector look at what requests leave, not at the modules, policies and tables that stay for good.

    With Python's own thresholds it goes through everything many times a second, and some request waits for it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def open_listener(host: str, port: int, *, share: bool = False, listen: bool = True) -> socket.socket:
    """A socket on an address. share: other processes may listen there too. Raises: SettingsError - it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
        if listen:
            listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"the gateway cannot listen on {host}:{port} ({error.strerror}): set LRCP_GATEWAY_PORT"
        ) from error
    return listener

"""Small pieces leave at once, towards clients and towards providers, on both event loops."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvicorn
import uvloop

from lrcp.gateway.http1.connection import Connection
from lrcp.gateway.http1.serving import ServerProtocol


async def no_app(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nothing is asked")


def delays(transport: asyncio.BaseTransport) -> bool:
    return not transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def connect() -> tuple[bool, bool]:
    """Whether (the client's leg, the provider's leg) waits to fill a segment."""
    loop, made = asyncio.get_running_loop(), asyncio.Event()
    config = uvicorn.Config(no_app, http=ServerProtocol, lifespan="off")
    server = uvicorn.Server(config)
    taken: list[asyncio.BaseTransport] = []

    class Seen(ServerProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            taken.append(transport)
            made.set()

    listener = await loop.create_server(lambda: Seen(config, server.server_state, {}), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    transport, _ = await loop.create_connection(lambda: Connection(loop), "127.0.0.1", port)
    await made.wait()
    legs = delays(taken[0]), delays(transport)
    transport.close()
    listener.close()
    return legs


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_neither_leg_waits_for_more_to_send(
    run: Callable[[Coroutine[Any, Any, tuple[bool, bool]]], tuple[bool, bool]],
) -> None:
    assert run(connect()) == (False, False)

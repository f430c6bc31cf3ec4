"""DogStatsD over a Unix stream socket: packets with a 4-byte little-endian length before each."""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

MAX_PACKET_BYTES: Final = 64 * 1024
MAX_CONNECTIONS: Final = 512
_CLOSE_S: Final = 2.0


class StreamListener:
    """Serves a listening socket. take: gets each packet; report: gets a counter's word for what went wrong."""

    def __init__(self, sock: socket.socket, take: Callable[[bytes], None], report: Callable[[str], None]) -> None:
        self._socket = sock
        self._take = take
        self._report = report
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to accept."""
        self._server = await asyncio.start_unix_server(self._serve, sock=self._socket, limit=2 * MAX_PACKET_BYTES)

    async def stop(self) -> None:
        """Stop accepting; give connections a moment to hand over what they already sent, then close them."""
        if self._server is not None:
            self._server.close()
        if self._connections:
            _, open_still = await asyncio.wait(self._connections, timeout=0.2)
            for task in open_still:
                task.cancel()
            await asyncio.gather(*open_still, return_exceptions=True)

    def close(self) -> None:
        """Close the listening socket, also when it was never started."""
        self._socket.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= MAX_CONNECTIONS:
            self._report("busy")
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._read_packets(reader)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _read_packets(self, reader: asyncio.StreamReader) -> None:
        """Take packets until the sender closes, or breaks the framing, after which nothing can be found again."""
        while True:
            try:
                size = int.from_bytes(await reader.readexactly(4), "little")
                if size > MAX_PACKET_BYTES:
                    self._report("too_large")
                    return
                self._take(await reader.readexactly(size))
            except asyncio.IncompleteReadError as error:
                if error.partial:
                    self._report("undecodable")
                return
            except ConnectionError as error:
                log.debug("DogStatsD: a stream connection broke: %s", error)
                return

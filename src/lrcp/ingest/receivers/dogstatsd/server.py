"""The DogStatsD server: sockets in, batches to the Consumer out. Owns its sockets, its connections and two tasks."""

import asyncio
import logging
import socket
from pathlib import Path
from typing import Final

from lrcp.ingest.consumer import Consumer
from lrcp.ingest.counters import Counters
from lrcp.ingest.receivers.dogstatsd.aggregator import DEFAULT_MAX_SERIES, Aggregator
from lrcp.ingest.receivers.dogstatsd.bursts import BURST, burst_reader
from lrcp.ingest.receivers.dogstatsd.delivery import NAME, Delivery
from lrcp.ingest.receivers.dogstatsd.outbox import DEFAULT_MAX_OUTBOX_BYTES, Outbox
from lrcp.ingest.receivers.dogstatsd.sockets import kernel_drops, open_udp_socket, open_unix_socket
from lrcp.ingest.receivers.dogstatsd.stream import StreamListener
from lrcp.kit.clock import Clock
from lrcp.model.errors import LrcpError

log = logging.getLogger(__name__)

FLUSH_S: Final = 1.0
_BURSTS_PER_TURN: Final = 4
"""Bursts taken before other work of the event loop gets its turn: at most some 10 ms of parsing."""

_MAX_BURSTS_AT_STOP: Final = 1_000


class DogStatsdServer:
    """DogStatsD on any of UDP, a Unix datagram socket and a Unix stream socket.

    Args:
        host, port: UDP address; port None: no UDP; 0: any free port (see `port`).
        socket_path, stream_path: Unix sockets; None: none.
        max_series: bound of distinct series; hostname: host of what names none ('': none).
        flush_s: how often what is due goes to the consumer, seconds.
    """

    def __init__(
        self,
        consumer: Consumer,
        counters: Counters,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int | None = 8125,
        socket_path: Path | None = None,
        stream_path: Path | None = None,
        hostname: str = "",
        max_series: int = DEFAULT_MAX_SERIES,
        max_outbox_bytes: int = DEFAULT_MAX_OUTBOX_BYTES,
        flush_s: float = FLUSH_S,
    ) -> None:
        self._counters = counters
        self._clock = clock
        self._address = (host, port)
        self._socket_path = socket_path
        self._stream_path = stream_path
        self._aggregator = Aggregator(max_series=max_series, host=hostname)
        outbox = Outbox(max_bytes=max_outbox_bytes)
        self._delivery = Delivery(self._aggregator, outbox, consumer, counters, clock, flush_s=flush_s)
        self._flush_s = flush_s
        self._sockets: list[socket.socket] = []
        self._paths: list[Path] = []
        self._stream: StreamListener | None = None
        self._drop_watch: asyncio.Task[None] | None = None
        self._drops_seen = 0
        self._reader = burst_reader()

    @property
    def port(self) -> int:
        """The UDP port that was bound; 0 without one."""
        return next((sock.getsockname()[1] for sock in self._sockets if sock.family != socket.AF_UNIX), 0)

    async def start(self) -> None:
        """Bind and begin to receive. Raises: SettingsError - an address or path cannot be used; nothing stays open."""
        try:
            self._open_sockets()
        except LrcpError:
            self._close_sockets()
            raise
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            loop.add_reader(sock, self._on_readable, sock)
        if self._stream is not None:
            await self._stream.start()
        self._delivery.start()
        self._drop_watch = asyncio.create_task(self._watch_drops(), name="dogstatsd drops")

    async def stop(self) -> None:
        """Stop receiving, hand on all that was received (the open bucket too), close and remove the sockets."""
        loop = asyncio.get_running_loop()
        for sock in self._sockets:
            loop.remove_reader(sock)
            for _ in range(_MAX_BURSTS_AT_STOP):
                if not self._take_burst(sock):
                    break
        if self._stream is not None:
            await self._stream.stop()
        if self._drop_watch is not None:
            self._drop_watch.cancel()
            await asyncio.gather(self._drop_watch, return_exceptions=True)
            self._count_drops()
        await self._delivery.stop()
        self._close_sockets()

    def _open_sockets(self) -> None:
        host, port = self._address
        if port is not None:
            self._sockets.append(open_udp_socket(host, port))
        if self._socket_path is not None:
            self._sockets.append(open_unix_socket(self._socket_path, socket.SOCK_DGRAM))
            self._paths.append(self._socket_path)
        if self._stream_path is not None:
            listener = open_unix_socket(self._stream_path, socket.SOCK_STREAM)
            self._paths.append(self._stream_path)
            self._stream = StreamListener(listener, self._take_packet, self._count_one)

    def _close_sockets(self) -> None:
        for sock in self._sockets:
            sock.close()
        if self._stream is not None:
            self._stream.close()
        for path in self._paths:
            path.unlink(missing_ok=True)
        self._sockets, self._paths, self._stream, self._drop_watch = [], [], None, None

    def _on_readable(self, sock: socket.socket) -> None:
        for _ in range(_BURSTS_PER_TURN):
            if not self._take_burst(sock):
                break

    def _take_burst(self, sock: socket.socket) -> bool:
        """Take up to a burst of waiting datagrams. Returns: whether there may be more."""
        try:
            burst = self._reader.read(sock)
        except OSError as error:  # such as an ICMP error noted on the socket: it says nothing of the next datagram
            log.warning("DogStatsD: receiving failed: %s", error)
            return False
        now_ns, add = self._clock.now_ns(), self._aggregator.add_datagram
        for datagram in burst.datagrams:
            add(datagram, now_ns)
        if burst.cut:
            self._counters.add(NAME, "too_large", burst.cut)
        self._counters.add(NAME, "requests", len(burst.datagrams) + burst.cut)
        self._counters.add(NAME, "bytes", sum(map(len, burst.datagrams)))
        return len(burst.datagrams) + burst.cut >= BURST

    def _take_packet(self, data: bytes) -> None:
        """Take one packet of a stream."""
        self._count_one("requests")
        self._counters.add(NAME, "bytes", len(data))
        self._aggregator.add_datagram(data, self._clock.now_ns())

    def _count_one(self, what: str) -> None:
        self._counters.add(NAME, what)

    async def _watch_drops(self) -> None:
        while True:
            await asyncio.sleep(self._flush_s)
            self._count_drops()

    def _count_drops(self) -> None:
        """Count what the kernel dropped since the last look."""
        drops = sum(kernel_drops(sock) for sock in self._sockets)
        if drops > self._drops_seen:
            self._counters.add(NAME, "dropped_datagrams", drops - self._drops_seen)
            log.warning("DogStatsD: the kernel dropped %d datagrams: they came too fast", drops - self._drops_seen)
        self._drops_seen = drops

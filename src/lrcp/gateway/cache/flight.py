"""Flight: one call in progress, and everybody who reads its answer as it comes."""

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable
from enum import Enum

from lrcp.gateway.cache.replay import kept_headers
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream


class Landing(Enum):
    """How a flight came out for those who wait: with an answer, without (ask yourselves), or its leader left."""

    ANSWERED = "answered"
    FAILED = "failed"
    ABANDONED = "abandoned"


class Flight:
    """One answer on its way. The leader makes the call; followers wait for it and read along.

    A stream is read by a task of the flight, so that no reader depends on another's staying. It ends when nobody reads
    any more, and so does the call. Up to max_bytes are held, for those who come later too; of longer answers only what
    some reader has not had yet, and the call waits for the slowest.
    """

    def __init__(self, max_bytes: int, max_followers: int) -> None:
        self.followers = 0
        self.status = 0
        self.how = ""
        self.headers: list[tuple[bytes, bytes]] = []
        self._max_bytes = max_bytes
        self._max_followers = max_followers
        self._landing: Landing | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._pieces: list[bytes] = []
        self._held_bytes = 0
        self._released = 0
        self._positions: dict[int, int] = {}
        self._numbers = itertools.count()
        self._due = 0
        self._oversized = False
        self._task: asyncio.Task[None] | None = None
        self._room = asyncio.Event()

    @property
    def joinable(self) -> bool:
        """Whether one more may follow."""
        return not self._oversized and self.followers < self._max_followers

    @property
    def undecided(self) -> bool:
        return self._landing is None

    @property
    def answered(self) -> bool:
        return self._landing is Landing.ANSWERED

    @property
    def streams(self) -> bool:
        return self._task is not None

    def recorded(self) -> bytes | None:
        """The answer so far; None when it is too long to be kept."""
        return None if self._oversized else b"".join(self._pieces)

    async def land(self) -> Landing:
        """Wait, as a follower, for how it comes out. After an answered stream, `follow()` must be called at once."""
        self.followers += 1
        self._due += 1
        try:
            while self._landing is None:
                await self._news()
        except asyncio.CancelledError:
            self._due -= 1
            self._close_if_unread()
            raise
        return self._landing

    def settle(self, landing: Landing) -> None:
        """Tell those who wait that there is no answer."""
        if self._landing is None:
            self._landing = landing
            self._wake()

    def answer(self, reply: Reply, how: str) -> None:
        """Give a reply to all; a stream is read from now on; call `read()` at once. how: the followers' `cache`."""
        self.status, self.headers, self.how = reply.status, kept_headers(reply.headers), how
        if reply.stream is None:
            self._add(reply.body)
        else:
            self._task = asyncio.create_task(self._pump(reply.stream))
            self._task.add_done_callback(lambda _: self._wake())
        self.settle(Landing.ANSWERED)

    def read(self) -> Stream:
        """The stream from its beginning, for the leader."""
        number = next(self._numbers)
        self._positions[number] = 0
        return Stream(self._read(number), closed=lambda: self._leave(number))

    def follow(self) -> Reply:
        """The answer for a follower that has waited for it: whole, or the stream from its beginning."""
        self._due -= 1
        stream = self.read() if self._task is not None else None
        return Reply(self.status, list(self.headers), b"" if stream is not None else self._pieces[0], stream)

    def when_ended(self, tell: Callable[[], object]) -> None:
        """Call tell when the stream has ended, however; at once when there is none."""
        if self._task is None:
            tell()
        else:
            self._task.add_done_callback(lambda _: tell())

    def close(self) -> None:
        """End the call, whoever reads."""
        if self._task is not None:
            self._task.cancel()

    async def _pump(self, stream: Stream) -> None:
        try:
            async for piece in stream:
                self._add(piece)
                while self._oversized and self._held_bytes > self._max_bytes:
                    self._room.clear()
                    await self._room.wait()
        finally:
            await stream.aclose()

    def _add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held_bytes += len(piece)
        if self._held_bytes > self._max_bytes and not self._oversized:
            self._oversized = True
            self._release()
        self._wake()

    async def _read(self, number: int) -> AsyncGenerator[bytes, None]:
        position = 0
        while True:
            while position < len(self._pieces):
                piece = self._pieces[position]
                position += 1
                self._positions[number] = position
                if self._oversized:
                    self._release()
                yield piece
            if self._task is not None and self._task.done():
                _raise_failure(self._task)
                return
            await self._news()

    def _leave(self, number: int) -> None:
        del self._positions[number]
        self._close_if_unread()
        if self._oversized:
            self._release()

    def _close_if_unread(self) -> None:
        if not self._positions and not self._due:
            self.close()

    def _release(self) -> None:
        """Forget the pieces that every reader has had, those who are about to read included."""
        passed = 0 if self._due else min(self._positions.values(), default=0)
        for index in range(self._released, passed):
            self._held_bytes -= len(self._pieces[index])
            self._pieces[index] = b""
        self._released = max(self._released, passed)
        if self._held_bytes <= self._max_bytes:
            self._room.set()

    async def _news(self) -> None:
        """Wait until something has come. Each waits on a future of its own: a cancelled one takes no other with it."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


def _raise_failure(task: asyncio.Task[None]) -> None:
    """What broke the stream breaks it for each of its readers."""
    if task.cancelled():
        raise UpstreamError("the gateway ended this stream", code="upstream_cut")
    error = task.exception()
    if error is not None:
        raise error


class Flights:
    """The calls in progress: by key those that may be joined, and besides all that still run."""

    def __init__(self) -> None:
        self._flights: dict[bytes, Flight] = {}
        self._running: set[Flight] = set()

    def __len__(self) -> int:
        return len(self._running)

    def find(self, key: bytes) -> Flight | None:
        """The call to join; None when there is none, or it takes no more."""
        flight = self._flights.get(key)
        return flight if flight is not None and flight.joinable else None

    def open(self, key: bytes, flight: Flight, *, shared: bool) -> None:
        """Own a call. shared: it may be joined, unless another is known under its key."""
        self._running.add(flight)
        if shared:
            self._flights.setdefault(key, flight)

    def remove(self, key: bytes, flight: Flight) -> None:
        """No longer to be joined; those who read it read on."""
        if self._flights.get(key) is flight:
            del self._flights[key]
        flight.when_ended(lambda: self._running.discard(flight))

    def close(self) -> None:
        """End them all."""
        for flight in self._running:
            flight.close()
        self._flights.clear()

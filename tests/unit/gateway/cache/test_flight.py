"""One call, many readers."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from lrcp.gateway.cache.flight import Flight, Flights, Landing
from lrcp.gateway.errors import UpstreamError
from lrcp.gateway.exchange import Reply, Stream


class Source:
    """A provider's stream under the test's hand."""

    def __init__(self, error: Exception | None = None) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.closed = False
        self.taken = 0
        self.error = error

    def reply(self) -> Reply:
        return Reply(200, [(b"content-type", b"text/event-stream")], stream=Stream(self._pieces(), self._close))

    async def _pieces(self) -> AsyncGenerator[bytes, None]:
        while (piece := await self.queue.get()) is not None:
            self.taken += 1
            yield piece
        if self.error is not None:
            raise self.error

    def _close(self) -> None:
        self.closed = True


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def read_all(stream: Stream) -> bytes:
    pieces = [piece async for piece in stream]
    await stream.aclose()
    return b"".join(pieces)


async def _readers_get_every_piece() -> None:
    source, flight = Source(), Flight(10_000, 10)
    follower = asyncio.create_task(flight.land())
    await settle()
    flight.answer(source.reply(), "exact")
    leader = flight.read()
    source.queue.put_nowait(b"one ")
    assert await anext(leader) == b"one "
    assert await follower is Landing.ANSWERED
    joined = flight.follow()
    assert joined.stream is not None
    source.queue.put_nowait(b"two")
    assert await anext(joined.stream) == b"one "
    assert await anext(joined.stream) == b"two"
    await flight.land()
    late = flight.follow().stream
    source.queue.put_nowait(None)
    assert late is not None
    assert await read_all(late) == b"one two"
    assert await read_all(leader) == b"two"
    assert flight.recorded() == b"one two"
    assert source.closed


def test_each_reader_gets_every_piece_as_it_comes_whenever_it_joined() -> None:
    asyncio.run(_readers_get_every_piece())


async def _leader_leaves(joined: bool) -> Source:
    source, flight = Source(), Flight(10_000, 10)
    flight.answer(source.reply(), "exact")
    leader = flight.read()
    if joined:
        await flight.land()
        follower = flight.follow().stream
    source.queue.put_nowait(b"one")
    await anext(leader)
    await leader.aclose()
    await settle()
    if joined:
        assert follower is not None
        assert not source.closed
        source.queue.put_nowait(b"two")
        source.queue.put_nowait(None)
        assert await read_all(follower) == b"onetwo"
    await settle()
    return source


def test_the_call_goes_on_for_those_who_read_along_when_the_leader_leaves() -> None:
    assert asyncio.run(_leader_leaves(joined=True)).closed


def test_the_call_ends_when_the_last_reader_has_left() -> None:
    assert asyncio.run(_leader_leaves(joined=False)).closed


async def _left_while_due() -> None:
    source, flight = Source(), Flight(10_000, 10)
    follower = asyncio.create_task(flight.land())
    await settle()
    flight.answer(source.reply(), "exact")
    leader = flight.read()
    await leader.aclose()  # before the follower had a turn
    assert await follower is Landing.ANSWERED
    stream = flight.follow().stream
    assert stream is not None
    source.queue.put_nowait(b"x")
    source.queue.put_nowait(None)
    assert await read_all(stream) == b"x"


def test_a_follower_that_was_told_but_did_not_begin_keeps_the_call_alive() -> None:
    asyncio.run(_left_while_due())


async def _breaks() -> list[bytes]:
    source, flight = Source(UpstreamError("cut", code="upstream_cut")), Flight(10_000, 10)
    flight.answer(source.reply(), "exact")
    leader = flight.read()
    await flight.land()
    follower = flight.follow().stream
    assert follower is not None
    source.queue.put_nowait(b"one")
    source.queue.put_nowait(None)
    got = []
    for stream in (leader, follower):
        got.append(await anext(stream))
        with pytest.raises(UpstreamError, match="cut"):
            await anext(stream)
        await stream.aclose()
    return got


def test_a_stream_that_breaks_tells_each_of_its_readers() -> None:
    assert asyncio.run(_breaks()) == [b"one", b"one"]


async def _oversized() -> tuple[int, int]:
    source, flight = Source(), Flight(max_bytes=100, max_followers=10)
    flight.answer(source.reply(), "exact")
    leader = flight.read()
    for _ in range(50):
        source.queue.put_nowait(b"x" * 40)
    source.queue.put_nowait(None)
    await settle()
    taken_ahead = source.taken
    assert not flight.joinable
    assert flight.recorded() is None
    return taken_ahead, len(await read_all(leader))


def test_of_an_answer_that_is_too_long_only_a_little_is_held_and_its_reader_gets_all_of_it() -> None:
    taken_ahead, size = asyncio.run(_oversized())
    assert taken_ahead <= 5
    assert size == 50 * 40


async def _told(landing: Landing) -> list[Landing]:
    flight = Flight(100, 10)
    followers = [asyncio.create_task(flight.land()) for _ in range(3)]
    await settle()
    followers[0].cancel()
    await settle()
    flight.settle(landing)
    return [await follower for follower in followers[1:]]


@pytest.mark.parametrize("landing", [Landing.FAILED, Landing.ABANDONED])
def test_those_who_wait_are_told_when_there_is_no_answer_also_after_one_of_them_left(landing: Landing) -> None:
    assert asyncio.run(_told(landing)) == [landing, landing]


async def _closed() -> None:
    source, flights = Source(), Flights()
    flight = Flight(1000, 10)
    flights.open(b"k", flight, shared=True)
    flight.answer(source.reply(), "exact")
    leader = flight.read()
    flights.remove(b"k", flight)
    assert flights.find(b"k") is None
    assert len(flights) == 1  # it still runs
    flights.close()
    with pytest.raises(UpstreamError, match="ended"):
        await anext(leader)
    await leader.aclose()
    await settle()
    assert len(flights) == 0


def test_at_the_end_all_calls_are_ended_and_their_readers_told() -> None:
    asyncio.run(_closed())


def test_a_flight_takes_so_many_followers_and_no_more() -> None:
    async def join() -> bool:
        flight = Flight(100, max_followers=1)
        task = asyncio.create_task(flight.land())
        await settle()
        joinable = flight.joinable
        flight.settle(Landing.FAILED)
        await task
        return joinable

    assert asyncio.run(join()) is False

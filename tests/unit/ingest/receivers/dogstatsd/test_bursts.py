"""Both ways of taking datagrams from a socket, by the same cases."""

import os
import socket
from collections.abc import Iterator

import pytest

from lrcp.ingest.receivers.dogstatsd.bursts import (
    BURST,
    MAX_DATAGRAM_BYTES,
    BurstReader,
    PlainReader,
    burst_reader,
)

Reader = BurstReader | PlainReader


@pytest.fixture(params=[burst_reader, PlainReader], ids=["best of this system", "plain"])
def reader(request: pytest.FixtureRequest) -> Reader:
    made: Reader = request.param()
    return made


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        receiver.setblocking(False)
        sender.connect(receiver.getsockname())
        yield sender, receiver


def test_datagrams_come_whole_in_order_and_up_to_a_burst(
    reader: Reader, pair: tuple[socket.socket, socket.socket]
) -> None:
    sender, receiver = pair
    sent = [b"%d" % number * (number + 1) for number in range(BURST + 3)]
    for datagram in sent:
        sender.send(datagram)
    assert reader.read(receiver).datagrams == sent[:BURST]
    assert reader.read(receiver).datagrams == sent[BURST:]
    assert reader.read(receiver).datagrams == []


def test_an_empty_datagram_is_one(reader: Reader, pair: tuple[socket.socket, socket.socket]) -> None:
    sender, receiver = pair
    sender.send(b"")
    assert reader.read(receiver).datagrams == [b""]


def test_what_was_read_is_not_overwritten_by_the_next_burst(
    reader: Reader, pair: tuple[socket.socket, socket.socket]
) -> None:
    sender, receiver = pair
    sender.send(b"first")
    first = reader.read(receiver).datagrams
    sender.send(b"other")
    reader.read(receiver)
    assert first == [b"first"]


def test_a_datagram_over_the_bound_is_told_and_left_out(reader: Reader) -> None:
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        receiver.setblocking(False)
        sender.send(b"x" * MAX_DATAGRAM_BYTES)
        sender.send(b"x" * (MAX_DATAGRAM_BYTES + 1))
        sender.send(b"after")
        burst = reader.read(receiver)
    assert ([len(datagram) for datagram in burst.datagrams], burst.cut) == ([MAX_DATAGRAM_BYTES, 5], 1)


def test_an_error_of_the_socket_is_raised(reader: Reader) -> None:
    read_end, write_end = os.pipe()
    os.close(write_end)
    with socket.socket(fileno=socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].detach()) as sock:
        os.dup2(read_end, sock.fileno())  # no socket any more
        os.close(read_end)
        with pytest.raises(OSError, match=r"socket|Socket"):
            reader.read(sock)


def test_on_linux_many_datagrams_are_taken_by_one_call() -> None:
    if not os.path.exists("/proc/net/udp"):
        pytest.skip("not Linux")
    assert isinstance(burst_reader(), BurstReader)

"""The DogStatsD server on real sockets: what is received is handed on, kept while nobody takes it, never silently lost."""

import asyncio
import socket
from pathlib import Path

import pytest

from lrcp.ingest.counters import Counters
from lrcp.ingest.receivers.dogstatsd.server import DogStatsdServer
from lrcp.ingest.receivers.dogstatsd.sockets import kernel_drops, open_udp_socket
from lrcp.kit.clock import SystemClock
from lrcp.model.batch import Batch
from lrcp.model.errors import BusyError, SettingsError, UnavailableError
from tests.support.asgi import KeepingConsumer
from tests.support.dogstatsd import dogstatsd, until

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def send_udp(port: int, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", port))


class LimpingConsumer(KeepingConsumer):
    """Fails in turn as told, then works."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__()
        self.left = list(failures)

    async def consume(self, batch: Batch) -> None:
        if self.left:
            raise self.left.pop(0)
        await super().consume(batch)


async def test_counts_arrive_within_flushes_and_the_rest_when_the_server_stops() -> None:
    async with dogstatsd(port=0, flush_s=0.05) as running:
        send_udp(running.server.port, b"c:1|c\ng:5|g\n", b"_e{1,1}:a|b\n_sc|up|0\n")
        await until(lambda: bool(running.of("c") and running.events and running.checks))
    assert sum(bucket.sum for bucket in running.of("c")) == 1.0
    assert [bucket.last for bucket in running.of("g")][-1] == 5.0
    assert (running.counted("records"), running.counted("requests")) == (4, 2)


async def test_what_waits_in_the_socket_when_the_server_stops_is_not_lost() -> None:
    async with dogstatsd(port=0, flush_s=60) as running:
        send_udp(running.server.port, *[b"c:1|c\n"] * 100)
    assert sum(bucket.sum for bucket in running.of("c")) == 100.0


@pytest.mark.parametrize(
    ("failure", "what"),
    [
        (BusyError("full", retry_after_s=0.05), "busy"),
        (UnavailableError("store down"), "unavailable"),
        (RuntimeError("a bug behind the port"), "unexpected"),
    ],
)
async def test_what_the_consumer_does_not_take_is_tried_again(failure: Exception, what: str) -> None:
    consumer = LimpingConsumer(failure, failure)
    async with dogstatsd(port=0, flush_s=0.05, consumer=consumer) as running:
        send_udp(running.server.port, b"c:1|c\n")
        await until(lambda: running.counted(what) == 2)
    assert sum(bucket.sum for bucket in running.of("c")) == 1.0


async def test_while_the_consumer_takes_nothing_the_oldest_go_and_are_counted() -> None:
    consumer = KeepingConsumer(failure=BusyError("full", retry_after_s=0.01))
    async with dogstatsd(port=0, flush_s=0.02, consumer=consumer, max_outbox_bytes=2000) as running:
        for number in range(50):
            send_udp(running.server.port, b"c%d:1|c\n" % number)
            await asyncio.sleep(0.01)
        await until(lambda: running.counted("dropped_records") > 0)
        consumer.failure = None
    assert len(running.buckets) + running.counted("dropped_records") == running.counted("records") == 50


async def test_a_consumer_that_never_takes_anything_does_not_hold_up_the_stop() -> None:
    consumer = KeepingConsumer(failure=BusyError("full", retry_after_s=0.01))
    async with dogstatsd(port=0, flush_s=0.02, consumer=consumer) as running:
        send_udp(running.server.port, b"c:1|c\n")
        await until(lambda: running.counted("busy") > 0)
    assert running.counted("dropped_records") == 1


async def test_refused_lines_and_series_over_the_bound_are_counted() -> None:
    async with dogstatsd(port=0, max_series=1) as running:
        send_udp(running.server.port, b"a:1|c\nb:1|c\nnonsense\n")
    assert (running.counted("rejected_records"), running.counted("series_over")) == (2, 1)


async def test_a_stale_socket_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "dsd.socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(path))
    async with dogstatsd(socket_path=path) as running:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"c:1|c", str(path))
    assert running.of("c")[0].sum == 1.0
    assert not path.exists()


@pytest.mark.parametrize("kind", ["socket_path", "stream_path"])
async def test_a_socket_that_somebody_listens_on_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "dsd.socket"
    async with dogstatsd(**{kind: path}):  # type: ignore[arg-type]
        second = DogStatsdServer(KeepingConsumer(), Counters(), SystemClock(), port=None, **{kind: path})  # type: ignore[arg-type]
        with pytest.raises(SettingsError, match="listens on"):
            await second.start()
        assert path.exists()


async def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    server = DogStatsdServer(KeepingConsumer(), Counters(), SystemClock(), port=None, socket_path=path)
    with pytest.raises(SettingsError, match="not a socket"):
        await server.start()
    assert path.read_text() == "mine"


async def test_a_port_that_is_taken_is_said_so() -> None:
    async with dogstatsd(port=0) as running:
        second = DogStatsdServer(KeepingConsumer(), Counters(), SystemClock(), port=running.server.port)
        with pytest.raises(SettingsError, match=str(running.server.port)):
            await second.start()


async def test_a_stream_packet_over_the_bound_ends_its_connection_only(tmp_path: Path) -> None:
    path = tmp_path / "dsd.stream"
    async with dogstatsd(stream_path=path) as running:
        bad, good = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
        with bad, good:
            bad.connect(str(path))
            good.connect(str(path))
            bad.sendall((5).to_bytes(4, "little") + b"c:1|c" + (1 << 30).to_bytes(4, "little"))
            await until(lambda: running.counted("too_large") == 1)
            good.sendall((5).to_bytes(4, "little") + b"c:2|c")
            await until(lambda: running.counted("requests") == 2)
    assert sum(bucket.sum for bucket in running.of("c")) == 3.0


async def test_a_stream_that_ends_inside_a_packet_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "dsd.stream"
    async with dogstatsd(stream_path=path) as running:
        with socket.socket(socket.AF_UNIX) as sender:
            sender.connect(str(path))
            sender.sendall((50).to_bytes(4, "little") + b"c:1|c")
        await until(lambda: running.counted("undecodable") == 1)
    assert running.buckets == []


def test_the_kernel_tells_how_many_datagrams_it_dropped() -> None:
    with open_udp_socket("127.0.0.1", 0) as receiver:
        if not Path("/proc/net/udp").exists():
            pytest.skip("only Linux tells")
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert kernel_drops(receiver) == 0
        send_udp(receiver.getsockname()[1], *[b"x" * 1000] * 200)
        received = 0
        while True:
            try:
                receiver.recv(2000)
            except BlockingIOError:
                break
            received += 1
        assert 0 < received < 200
        assert kernel_drops(receiver) == 200 - received

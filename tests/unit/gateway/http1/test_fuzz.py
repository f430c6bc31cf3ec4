"""Any bytes, cut anywhere: the protocol neither fails nor leaves a request behind, and valid ones are answered the same."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.gateway.http1.serving import ServerProtocol
from tests.unit.gateway.http1.served import Application

FRAGMENTS = [
    b"GET /echo HTTP/1.1\r\n", b"POST /echo HTTP/1.1\r\n", b"GET /stream HTTP/1.0\r\n", b"\r\n", b"\r\n\r\n", b"HEAD /a HTTP/1.1\r\n\r\n",
    b"content-length: 3\r\n", b"transfer-encoding: chunked\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"abc", b"connection: close\r\n",
    b"connection: upgrade\r\nupgrade: h2c\r\n", b"expect: 100-continue\r\n", b"POST /early HTTP/1.1\r\n", b"GET /fail HTTP/1.1\r\n\r\n",
    b"x: y\r\n", b"content-length: 99999999999999999999\r\n", b"GET /split HTTP/1.1\r\n\r\n", b"\x00", b"CONNECT a:1 HTTP/1.1\r\n\r\n",
]  # fmt: skip
HOSTILE = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=20)), max_size=12).map(b"".join)
CUTS = st.lists(st.integers(0, 400), max_size=6)
BODY = st.binary(max_size=30)
VALID = st.one_of(
    st.just(b"GET /echo HTTP/1.1\r\nhost: x\r\n\r\n"),
    st.just(b"GET /stream HTTP/1.1\r\n\r\n"),
    st.just(b"GET /u HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"),
    BODY.map(lambda body: b"POST /a HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)),
    BODY.map(lambda body: b"POST /u HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)),
    BODY.map(lambda body: b"POST /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n%b0\r\nt: u\r\n\r\n" % (b"%x\r\n%b\r\n" % (len(body), body) if body else b"")),
)  # fmt: skip


class Written(asyncio.Transport):
    """A transport into memory, which calls the protocol as a socket's does."""

    def __init__(self, protocol: ServerProtocol) -> None:
        super().__init__()
        self.data = b""
        self.closing = False
        self._protocol = protocol

    def write(self, data: Any) -> None:
        assert not self.closing, "written after it was closed"
        self.data += data

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            asyncio.get_running_loop().call_soon(self._protocol.connection_lost, None)

    abort = close

    def is_closing(self) -> bool:
        return self.closing

    def is_reading(self) -> bool:
        return True

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def get_write_buffer_size(self) -> int:
        return 0


async def converse(pieces: list[bytes]) -> tuple[bytes, list[tuple[str, str, bytes]]]:
    """Feed pieces, then end. Returns: the answers, and what the application was asked."""
    app, failures = Application(), []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(context))
    config = SimpleNamespace(loaded=True, loaded_app=app, timeout_keep_alive=5)
    state = SimpleNamespace(connections=set(), tasks=set(), default_headers=[], total_requests=0)
    protocol = ServerProtocol(config, state, {}, loop)
    transport = Written(protocol)
    protocol.connection_made(transport)
    for piece in pieces:
        if not transport.is_closing():
            protocol.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(60):
        await asyncio.sleep(0)
    transport.close()
    for _ in range(10):
        await asyncio.sleep(0)
    assert failures == []
    assert (state.tasks, state.connections) == (set(), set())
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return transport.data, app.requests


def cut(data: bytes, places: list[int]) -> list[bytes]:
    marks = [0, *sorted({place for place in places if 0 < place < len(data)}), len(data)]
    return [data[start:end] for start, end in pairwise(marks)]


@settings(max_examples=400, deadline=None)
@given(HOSTILE, CUTS)
def test_no_bytes_make_the_protocol_fail_or_leave_a_request_behind(data: bytes, places: list[int]) -> None:
    asyncio.run(converse(cut(data, places)))


@settings(max_examples=200, deadline=None)
@given(st.lists(VALID, min_size=1, max_size=5).map(b"".join), CUTS)
def test_valid_requests_are_answered_the_same_wherever_they_are_cut(data: bytes, places: list[int]) -> None:
    whole = asyncio.run(converse([data]))
    assert asyncio.run(converse(cut(data, places))) == whole
    assert whole[0].count(b"HTTP/1.1 200 ") >= 1


def test_valid_requests_are_answered_the_same_byte_by_byte() -> None:
    body = b"POST /u HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: 3\r\n\r\nabc"
    chunks = b"POST /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nt: u\r\n\r\n"
    data = body + chunks + b"GET /echo HTTP/1.1\r\n\r\n" + body
    answers, requests = asyncio.run(converse([data]))
    assert [body for _, _, body in requests] == [b"abc", b"abc", b"", b"abc"]
    assert asyncio.run(converse([data[n : n + 1] for n in range(len(data))])) == (answers, requests)

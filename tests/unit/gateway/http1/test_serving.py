"""What the server does with bytes as clients send them: good, odd, hostile, slow."""

import re
import socket
import time
from collections.abc import Iterator

import pytest

from lrcp.gateway.http1.serving import ServerProtocol
from tests.support.processes import wait_until
from tests.unit.gateway.http1.served import HastyProtocol, Served, read_all, read_to_close, serving_app

GET = b"GET /echo HTTP/1.1\r\nhost: x\r\n\r\n"


def post(body: bytes, path: bytes = b"/echo", *headers: bytes) -> bytes:
    lines = (b"POST %s HTTP/1.1" % path, b"host: x", b"content-length: %d" % len(body), *headers, b"", body)
    return b"\r\n".join(lines)


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving_app() as server:
        yield server


@pytest.fixture(scope="module")
def hasty() -> Iterator[Served]:
    with serving_app(HastyProtocol) as server:
        yield server


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(
            b"POST /echo HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            id="length and chunks",
        ),
        pytest.param(
            b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            id="chunks and length",
        ),
        pytest.param(b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", id="two lengths"),
        pytest.param(b"POST /echo HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\na", id="a list of lengths"),
        pytest.param(b"POST /echo HTTP/1.1\r\nContent-Length: +1\r\n\r\na", id="a signed length"),
        pytest.param(b"POST /echo HTTP/1.1\r\nContent-Length : 1\r\n\r\na", id="a blank before the colon"),
        pytest.param(b"POST /echo HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", id="an unknown coding"),
        pytest.param(
            b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", id="chunks not last"
        ),
        pytest.param(b"GET /echo HTTP/1.1\r\nA: b\r\n c\r\n\r\n", id="a folded header"),
        pytest.param(b"GET /echo HTTP/1.1\nA: b\n\n", id="lines without CR"),
        pytest.param(b"GET /echo HTTP/1.1\r\nA: b\x00c\r\n\r\n", id="a NUL"),
        pytest.param(b"GET /echo HTTP/1.1\r\nA: b\rc\r\n\r\n", id="a lone CR"),
        pytest.param(b"GET /echo HTTP/2.0\r\n\r\n", id="another version"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2"),
        pytest.param(b"GET /echo\r\n\r\n", id="no version"),
        pytest.param(b"CONNECT a:443 HTTP/1.1\r\n\r\n", id="a tunnel"),
        pytest.param(b"GET http://a HTTP/1.1\r\n\r\n", id="no path"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
    ],
)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused_and_the_connection_closed(
    served: Served, request_bytes: bytes
) -> None:
    seen = len(served.app.requests)
    with served.connect() as client:
        client.sendall(request_bytes + GET)
        answer = read_to_close(client)
    assert statuses(answer) == [400]
    assert len(served.app.requests) == seen


def test_a_request_ahead_of_nonsense_is_answered_before_the_connection_is_closed(served: Served) -> None:
    with served.connect() as client:
        client.sendall(b"GET /soon HTTP/1.1\r\n\r\n" + b"nonsense\r\n\r\n")
        answer = read_to_close(client)
    assert statuses(answer) == [200]
    assert answer.endswith(b"soon")


def test_a_body_whose_chunks_break_is_refused_at_once(served: Served) -> None:
    with served.connect() as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nZZ\r\n")
        answer = read_to_close(client)
    assert statuses(answer) == [400]
    wait_until(lambda: served.app.tasks() == 0, "the request to be given up")


def test_trailers_do_not_become_headers(served: Served) -> None:
    body = (
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nauthorization: Bearer stolen\r\n\r\n"
    )
    assert served.exchange(body).endswith(b"POST /echo a")
    assert served.app.headers[-1] == [(b"transfer-encoding", b"chunked")]


@pytest.mark.parametrize(
    "framing", [b"content-length: 40", b"transfer-encoding: chunked", b"content-length: 0", b"x-none: 1"]
)
def test_an_offer_of_another_protocol_is_declined_and_the_body_stays_a_body(served: Served, framing: bytes) -> None:
    inner = b"GET /stolen HTTP/1.1\r\nhost: xxxxxxxxx\r\n\r\n"[:40]
    body = (
        {b"c": inner, b"t": b"28\r\n" + inner + b"\r\n0\r\n\r\n"}.get(framing[:1], b"")
        if not framing.endswith(b" 0")
        else b""
    )
    head = (
        b"POST /echo HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"
        + framing
        + b"\r\n\r\n"
    )
    answer = served.exchange(head + body + GET)
    assert statuses(answer) == [200, 200]
    got, follows = served.app.requests[-2:]
    assert got == ("POST", "/echo", inner if body else b"")
    assert follows[:2] == ("GET", "/echo")


def test_a_thousand_offers_at_once_are_answered_one_by_one(served: Served) -> None:
    offer = b"GET /echo HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"
    with served.connect() as client:
        client.sendall(offer * 1500)
        answer = read_all(client, 1.0)
    assert statuses(answer) == [200] * 1500


def test_requests_sent_together_are_answered_in_their_order(served: Served) -> None:
    answer = served.exchange(b"GET /soon HTTP/1.1\r\n\r\n" + post(b"abc") + b"HEAD /echo HTTP/1.1\r\n\r\n" + GET)
    assert statuses(answer) == [200] * 4
    assert answer.index(b"soon") < answer.index(b"POST /echo abc") < answer.index(b"GET /echo ")
    assert b"HEAD /echo" not in answer


def test_a_connection_is_used_again_after_an_error_of_the_application_only_if_it_was_whole(served: Served) -> None:
    assert statuses(served.exchange(b"GET /fail HTTP/1.1\r\n\r\n" + GET)) == [500]


def test_a_line_break_in_a_header_of_an_answer_is_an_error_and_not_a_header(served: Served) -> None:
    answer = served.exchange(b"GET /split HTTP/1.1\r\n\r\n")
    assert statuses(answer) == [500]
    assert b"set-cookie" not in answer


def test_clients_of_http_1_0_get_no_chunks_and_no_second_answer(served: Served) -> None:
    with served.connect() as client:
        client.sendall(b"GET /stream HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        answer = read_to_close(client)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"onetwo"
    assert b"connection: close" in head
    assert b"chunked" not in head


def test_a_client_that_expects_to_be_asked_for_its_body_is_asked_when_it_is_wanted(served: Served) -> None:
    with served.connect() as client:
        client.sendall(b"POST /echo HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert read_all(client).endswith(b"POST /echo abc")


def test_one_that_is_refused_instead_is_told_that_the_connection_closes(served: Served) -> None:
    with served.connect() as client:
        client.sendall(b"POST /early HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n")
        answer = read_to_close(client)
    assert statuses(answer) == [413]
    assert b"connection: close" in answer


def test_an_answer_ahead_of_its_requests_end_reaches_a_client_that_goes_on_sending(served: Served) -> None:
    with served.connect() as client:
        client.sendall(b"POST /early HTTP/1.1\r\ncontent-length: 3000000\r\n\r\n")
        for _ in range(30):
            client.sendall(bytes(100_000))
        answer = read_to_close(client)
    assert statuses(answer) == [413]
    assert b"connection: close" in answer


@pytest.mark.parametrize("head", [b"x-a: " + b"a" * 70_000, b"\r\n".join([b"a:"] * 3000)])
def test_a_head_that_is_too_large_is_refused(served: Served, head: bytes) -> None:
    assert statuses(served.exchange(b"GET /echo HTTP/1.1\r\n" + head + b"\r\n\r\n")) == [431]


def test_a_client_that_leaves_cancels_its_request(served: Served) -> None:
    before = served.app.cancelled
    with served.connect() as client:
        client.sendall(b"GET /wait HTTP/1.1\r\n\r\n")
        wait_until(lambda: served.app.tasks() == 1, "the request to begin")
        client.shutdown(socket.SHUT_WR)
        wait_until(lambda: served.app.cancelled == before + 1, "the request to be cancelled")


@pytest.mark.parametrize("slow", [b"", b"GET /ec", b"GET /echo HTTP/1.1\r\nhost: x\r\n"])
def test_a_client_that_is_slow_with_its_head_is_given_up(hasty: Served, slow: bytes) -> None:
    with hasty.connect() as client:
        client.sendall(slow)
        assert statuses(read_to_close(client)) == ([408] if slow else [])


def drip(client: socket.socket, drop: bytes) -> None:
    """A little every 50 ms, for five seconds. Raises: OSError - the server has closed."""
    for _ in range(100):
        client.sendall(drop)
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("begin", "drop"),
    [(b"GET /echo HTTP/1.1\r\n", b"a: b\r\n"), (b"POST /echo HTTP/1.1\r\ncontent-length: 100000\r\n\r\n", b"a")],
    ids=["head", "body"],
)
def test_a_drop_now_and_then_does_not_keep_a_request_alive(hasty: Served, begin: bytes, drop: bytes) -> None:
    with hasty.connect() as client:
        client.sendall(begin)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            drip(client, drop)
    wait_until(lambda: hasty.app.tasks() == 0, "the request to be given up")


def test_a_slow_body_that_makes_progress_is_waited_for(hasty: Served) -> None:
    with hasty.connect() as client:
        client.sendall(b"POST /echo HTTP/1.1\r\ncontent-length: 20000\r\n\r\n")
        for _ in range(10):
            time.sleep(0.1)
            client.sendall(bytes(2000))
        assert statuses(read_all(client)) == [200]


def test_a_client_that_never_reads_its_stream_is_given_up_and_little_is_held_for_it(hasty: Served) -> None:
    before, sent = hasty.app.cancelled, hasty.app.sent
    with hasty.connect() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(b"GET /endless HTTP/1.1\r\n\r\n")
        wait_until(lambda: hasty.app.cancelled == before + 1, "the stream to be cancelled")
    assert hasty.app.sent - sent < 16 * 1024 * 1024


def test_nor_does_one_that_never_reads_a_whole_answer_hold_it(hasty: Served) -> None:
    with hasty.connect() as client:
        client.sendall(b"GET /large HTTP/1.1\r\nconnection: close\r\n\r\n")
        wait_until(lambda: not hasty.server.server_state.connections, "the connection to be given up")


def test_a_slow_reader_that_makes_progress_gets_all_of_its_answer(hasty: Served) -> None:
    with hasty.connect() as client:
        client.sendall(b"GET /large HTTP/1.1\r\nconnection: close\r\n\r\n")
        size = 0
        while piece := client.recv(1024 * 1024):
            size += len(piece)
            time.sleep(0.03)
    assert size > 32 * 1024 * 1024


def test_two_thousand_idle_connections_do_not_stop_service(served: Served) -> None:
    idle = [served.connect() for _ in range(2000)]
    try:
        assert statuses(served.exchange(GET)) == [200]
    finally:
        for client in idle:
            client.close()
    wait_until(lambda: len(served.server.server_state.connections) < 5, "the connections to be forgotten")


class FewProtocol(ServerProtocol):
    max_connections = 3


def test_one_connection_too_many_is_told_so_and_room_comes_back() -> None:
    with serving_app(FewProtocol) as few:
        clients = [few.connect() for _ in range(3)]
        wait_until(lambda: len(few.server.server_state.connections) == 3, "three connections")
        with few.connect() as fourth:
            assert statuses(read_to_close(fourth)) == [503]
        clients.pop().close()
        wait_until(lambda: len(few.server.server_state.connections) == 2, "one to leave")
        assert statuses(few.exchange(GET)) == [200]
        for client in clients:
            client.close()

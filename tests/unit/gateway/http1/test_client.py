"""What the client makes of servers that answer oddly, byte by byte, on real sockets."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lrcp.gateway.http1 import errors
from lrcp.gateway.http1.client import HttpClient, HttpRequest, encode_head
from lrcp.gateway.http1.errors import HttpError

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class Server:
    """Answers each request with the next of answers, the last one for ever. connections: how many came."""

    def __init__(self, *answers: bytes, close_after: bool = False) -> None:
        self.answers = list(answers)
        self.close_after = close_after
        self.connections = 0
        self.requests: list[bytes] = []
        self.sent = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests.append(head)
                writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
                await writer.drain()
                if self.close_after:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    server: Server, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[HttpClient]:
    listener = await asyncio.start_server(server.serve, host, 0, ssl=tls)
    shown = f"[{host}]" if ":" in host else host
    server.url = f"{'https' if tls else 'http'}://{shown}:{listener.sockets[0].getsockname()[1]}/"
    client = HttpClient()
    try:
        yield client
    finally:
        await client.close()
        listener.close()


async def get(
    client: HttpClient, url: str, first_byte_s: float = 5.0, *, allow_private: bool = True
) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
    response = await client.send(HttpRequest("GET", url, [], first_byte_s=first_byte_s, allow_private=allow_private))
    deadline, pieces = asyncio.get_running_loop().time() + first_byte_s, []
    try:
        while piece := await response.read_piece(deadline):
            pieces.append(piece)
    finally:
        response.close()
    return response.status, b"".join(pieces), response.headers


def run(server: Server, work: Callable[[HttpClient], Awaitable[None]]) -> None:
    async def both() -> None:
        async with serving(server) as client:
            await work(client)
            assert client.connections == 0

    asyncio.run(both())


@pytest.mark.parametrize(
    ("answer", "close_after", "status", "body"),
    [
        pytest.param(OK, False, 200, b"ok", id="length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n", False, 200, b"ok", id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nok", True, 200, b"ok", id="until the end"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nok", True, 200, b"ok", id="of HTTP/1.0"),
        pytest.param(b"HTTP/1.1 204 No\r\n\r\n", False, 204, b"", id="nothing"),
        pytest.param(b"HTTP/1.1 100 Continue\r\nx: y\r\n\r\nHTTP/1.1 103 Hints\r\nlink: a\r\n\r\n" + OK, False, 200, b"ok", id="interim answers"),
        pytest.param(b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n", False, 302, b"", id="a redirect, not followed"),
    ],
)  # fmt: skip
def test_every_way_to_frame_an_answer_is_read(answer: bytes, close_after: bool, status: int, body: bytes) -> None:
    server = Server(answer, close_after=close_after)

    async def work(client: HttpClient) -> None:
        assert (await get(client, server.url))[:2] == (status, body)

    run(server, work)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nok", errors.CUT, id="too short"),
        pytest.param(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nok", errors.CUT, id="a chunk too short"),
        pytest.param(b"", errors.DISCONNECTED, id="nothing"),
        pytest.param(b"HTTP/1.1 20", errors.DISCONNECTED, id="half a head"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", errors.INVALID, id="another protocol"),
        pytest.param(b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", errors.INVALID, id="a switch of protocols"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 5000 + b"\r\n", errors.INVALID, id="too many headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\na: " + b"b" * 70_000 + b"\r\n\r\n", errors.INVALID, id="a header too large"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok", errors.INVALID, id="two lengths"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\nok", errors.INVALID, id="length and chunks"),
    ],
)  # fmt: skip
def test_answers_that_cannot_be_trusted_are_errors(answer: bytes, code: str) -> None:
    server = Server(answer, close_after=True)

    async def work(client: HttpClient) -> None:
        with pytest.raises(HttpError) as failed:
            await get(client, server.url)
        assert failed.value.code == code

    run(server, work)


def test_interim_answers_without_end_are_given_up_in_time() -> None:
    server = Server(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def work(client: HttpClient) -> None:
        with pytest.raises(HttpError) as failed:
            await get(client, server.url, 0.2)
        assert failed.value.code == errors.TIMEOUT

    run(server, work)


def test_trailers_do_not_become_headers() -> None:
    server = Server(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nset-cookie: a\r\n\r\n")

    async def work(client: HttpClient) -> None:
        assert (await get(client, server.url))[2] == [(b"transfer-encoding", b"chunked")]

    run(server, work)


def test_a_connection_is_used_again_after_a_whole_answer_and_after_no_other() -> None:
    server = Server(OK, b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok", OK + b"more", OK)

    async def work(client: HttpClient) -> None:
        for expected in (1, 1, 2, 3):
            assert (await get(client, server.url))[1] == b"ok"
            await asyncio.sleep(0.02)
            assert server.connections == expected

    run(server, work)


def test_an_answer_that_nobody_asked_for_is_never_given_to_the_next_request() -> None:
    server = Server(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nstolen", OK)

    async def work(client: HttpClient) -> None:
        assert (await get(client, server.url))[1] == b"ok"
        assert (await get(client, server.url))[1] == b"ok"
        assert server.connections == 2

    run(server, work)


def test_a_kept_connection_that_its_server_closed_is_replaced_without_an_error() -> None:
    server = Server(OK, close_after=True)

    async def work(client: HttpClient) -> None:
        for _ in range(5):
            assert (await get(client, server.url))[1] == b"ok"

    run(server, work)


def test_a_fast_server_waits_for_a_slow_reader_and_little_is_held() -> None:
    class Fast(Server):
        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            try:
                while self.sent < 256 * 1024 * 1024:
                    writer.write(bytes(65536))
                    await writer.drain()
                    self.sent += 65536
            except ConnectionError:
                pass
            finally:
                writer.close()

    server = Fast()

    async def work(client: HttpClient) -> None:
        response = await client.send(HttpRequest("GET", server.url, []))
        await asyncio.sleep(0.5)
        assert server.sent < 16 * 1024 * 1024
        piece = await response.read_piece(asyncio.get_running_loop().time() + 5)
        assert len(piece) < 1024 * 1024
        response.close()

    run(server, work)


def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    made = (
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
        "-days",
        "2",
    )
    subprocess.run([*made, *subject], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    server = Server(OK)

    async def work() -> None:
        async with serving(server, tls) as client:
            with pytest.raises(HttpError) as failed:
                await get(client, server.url)
            assert failed.value.code == errors.TLS

    asyncio.run(work())
    assert server.requests == []


def test_a_name_that_resolves_to_a_private_address_is_refused_unless_allowed() -> None:
    server = Server(OK)

    async def work(client: HttpClient) -> None:
        named = server.url.replace("127.0.0.1", "localhost")
        for url in (server.url, named, named.replace("localhost", "2130706433"), named.replace("localhost", "0x7f.1")):
            with pytest.raises(HttpError) as refused:
                await get(client, url, allow_private=False)
            assert refused.value.code == errors.NOT_ALLOWED
        assert server.connections == 0
        assert (await get(client, named))[1] == b"ok"
        with pytest.raises(HttpError):  # the connection kept for one that may is not for one that may not
            await get(client, named, allow_private=False)

    run(server, work)


def test_ipv6_addresses_are_called_too() -> None:
    async def work() -> None:
        server = Server(OK)
        async with serving(server, host="::1") as client:
            assert (await get(client, server.url))[1] == b"ok"
        assert f"host: {server.url[7:-1]}\r\n".encode() in server.requests[0]

    try:
        asyncio.run(work())
    except OSError as error:
        pytest.skip(f"this machine has no IPv6: {error}")


def test_more_calls_than_may_be_are_refused() -> None:
    async def work() -> None:
        server = Server(b"")
        async with serving(server):
            client = HttpClient(max_connections=2)
            waiting = [asyncio.create_task(get(client, server.url, 0.5)) for _ in range(2)]
            await asyncio.sleep(0.05)
            with pytest.raises(HttpError) as refused:
                await get(client, server.url)
            assert refused.value.code == errors.BUSY
            await asyncio.gather(*waiting, return_exceptions=True)
            assert client.connections == 0
            await client.close()

    asyncio.run(work())


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\rb"])
def test_a_line_break_never_gets_into_a_head(value: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        encode_head(HttpRequest("POST", "http://a/", [("x", value)]))


@pytest.mark.parametrize("path", ["a b", "a HTTP/1.1", "a\x00b", "a\x7f"])
def test_nor_does_a_blank_get_into_an_address(path: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        encode_head(HttpRequest("POST", f"http://h/{path}", []))

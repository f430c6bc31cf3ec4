"""What the running server says to requests that no receiver takes: the status and the form of the real agent or intake."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support.lrcp_server import LrcpServer, running_server

pytestmark = pytest.mark.e2e
MSGPACK = {"content-type": "application/msgpack"}
PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}
OVER_25_MIB = b"x" * (25 * 1024 * 1024 + 1)
OVER_5_MIB = b"x" * (5 * 1024 * 1024 + 1)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LrcpServer]:
    with running_server(tmp_path_factory.mktemp("refusing"), LRCP_UPSTREAM_KEY="sk-secret-4711") as server:
        yield server


def ask(port: int, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    answer = Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
    connection.close()
    return answer


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "says"),
    [
        ("GET", "/nope", b"", {}, 404, "no such path: /nope"),
        ("PUT", "/v0.9/traces", b"x", MSGPACK, 404, "no such path"),
        ("GET", "/v0.4/traces", b"", {}, 405, "GET is not allowed here"),
        ("PUT", "/v0.4/traces", b"\xff", MSGPACK, 400, "not a list of lists"),
        ("PUT", "/v0.4/traces", b"x", {"content-type": "text/csv"}, 415, "text/csv"),
        ("PUT", "/v0.4/traces", OVER_25_MIB, MSGPACK, 413, "the limit is 26214400"),
        ("POST", "/evp_proxy/v2/api/v2/llmobs", b"[]", JSON, 400, "no subdomain specified"),
    ],
)
def test_the_agent_answers_in_plain_text(
    server: LrcpServer, method: str, path: str, body: bytes, headers: dict[str, str], status: int, says: str
) -> None:
    answer = ask(server.agent_port, method, path, body, headers)
    assert (answer.status, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert says in answer.body.decode()
    assert answer.headers.get("allow", "POST, PUT") == "POST, PUT"


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "code"),
    [
        ("POST", "/v1/nope", b"{}", JSON, 404, 5),
        ("GET", "/v1/traces", b"", JSON, 405, 12),
        ("POST", "/v1/traces", b"{", JSON, 400, 3),
        ("POST", "/v1/traces", b"x", {"content-type": "text/plain"}, 415, 3),
        ("POST", "/v1/logs", OVER_25_MIB, JSON, 413, 3),
    ],
)
def test_otlp_answers_with_a_status_message(
    server: LrcpServer, method: str, path: str, body: bytes, headers: dict[str, str], status: int, code: int
) -> None:
    answer = ask(server.otlp_http_port, method, path, body, headers)
    assert answer.status == status
    assert json.loads(answer.body)["code"] == code
    assert json.loads(answer.body)["message"]


def test_otlp_answers_protobuf_with_protobuf(server: LrcpServer) -> None:
    answer = ask(server.otlp_http_port, "POST", "/v1/traces", b"\xff", PROTOBUF)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/x-protobuf")
    assert answer.body.startswith(b"\x08\x03\x12")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/api/v2/series", b"{}", 405),
        ("DELETE", "/api/v1/check_run", b"", 405),
        ("POST", "/api/v1/validate", b"{}", 405),
        ("POST", "/api/v2/series", b"{", 400),
        ("POST", "/api/v1/events", b"[]", 400),
        ("POST", "/api/v2/series", OVER_5_MIB, 413),
    ],
)
def test_the_intakes_answer_with_a_list_of_errors(
    server: LrcpServer, method: str, path: str, body: bytes, status: int
) -> None:
    answer = ask(server.port, method, path, body, JSON)
    assert answer.status == status, answer.body
    assert [type(error) for error in json.loads(answer.body)["errors"]] == [str]
    assert bool(answer.headers.get("allow")) == (status == 405)


def test_the_intakes_of_logs_have_their_own_forms(server: LrcpServer) -> None:
    (error,) = json.loads(ask(server.port, "POST", "/api/v2/logs", OVER_5_MIB, JSON).body)["errors"]
    assert (error["status"], error["title"]) == ("413", "Request Entity Too Large")
    assert json.loads(ask(server.port, "POST", "/v1/input", b"{", JSON).body)["code"] == 400


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/nope", 404), ("GET", "/api/nope", 404), ("GET", "/api/sql", 405)]
)
def test_everything_else_is_a_problem_document(server: LrcpServer, method: str, path: str, status: int) -> None:
    answer = ask(server.port, method, path)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert json.loads(answer.body)["status"] == status


def test_a_body_that_does_not_end_is_cut_off_at_the_limit(server: LrcpServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.otlp_http_port, timeout=60)
    chunks = (b"x" * 1024 * 1024 for _ in range(30))
    try:
        connection.request("POST", "/v1/traces", chunks, PROTOBUF, encode_chunked=True)
    except (BrokenPipeError, ConnectionResetError):
        return  # refused while we were still sending
    assert connection.getresponse().status == 413


def test_what_was_refused_is_counted_and_nothing_of_it_was_unforeseen(server: LrcpServer) -> None:
    ask(server.agent_port, "GET", "/nope")
    server.wait_rows("SELECT metric FROM metrics WHERE metric = 'lrcp.ingest.unknown_path'")
    assert server.sql("SELECT metric FROM metrics WHERE metric = 'lrcp.ingest.unexpected'") == []


def test_no_secret_and_no_inside_of_the_program_is_told(server: LrcpServer) -> None:
    log = (server.data_dir.parent / "server.log").read_text()
    health = ask(server.port, "GET", "/health")
    assert health.status == 200
    for text in (log, health.body.decode()):
        assert "sk-secret-4711" not in text
        assert "Traceback" not in text


def test_a_path_of_datadogs_that_nobody_serves_is_refused_in_its_own_shape(server: LrcpServer) -> None:
    answer = ask(server.port, "GET", "/api/v2/nope")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/json")
    assert json.loads(answer.body) == {"errors": ["Not found"]}


def test_a_page_elsewhere_cannot_mute_monitors_through_a_visitors_browser(server: LrcpServer) -> None:
    attributes = {"scope": "*", "monitor_identifier": {"monitor_tags": ["*"]}}
    body = json.dumps({"data": {"type": "downtime", "attributes": attributes}}).encode()
    forged = {"origin": "https://evil.example", "content-type": "text/plain"}
    assert ask(server.port, "POST", "/api/v2/downtime", body, forged).status == 403
    assert json.loads(ask(server.port, "GET", "/api/v2/downtime").body)["data"] == []

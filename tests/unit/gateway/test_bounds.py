"""Every wait and every size has a bound, and the client is told which one it was."""

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from lrcp.gateway.config import Limits, TelemetryConfig, Timeouts
from lrcp.model.policy.document import Policy
from tests.support.gateway_thread import gateway_thread
from tests.support.http_thread import serving
from tests.support.processes import free_port, wait_until
from tests.support.span_listener import SpanListener
from tests.support.wayward_upstream import WORDS, Wayward


@pytest.fixture
def upstream() -> Wayward:
    return Wayward()


@pytest.fixture
def upstream_url(upstream: Wayward) -> Iterator[str]:
    with serving(upstream.build()) as url:
        yield url


def post(
    url: str, body: bytes | dict[str, Any], path: str = "/v1/chat/completions"
) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("POST", path, data, {"content-type": "application/json"})
    reply = connection.getresponse()
    answer = reply.status, reply.read(), {name.lower(): value for name, value in reply.getheaders()}
    connection.close()
    return answer


def error(body: bytes) -> tuple[str, str]:
    told = json.loads(body)["error"]
    return told["code"], told["message"]


def ask(model: str, **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "?"}], **fields}


def test_an_upstream_that_never_answers_is_given_up(upstream_url: str, upstream: Wayward) -> None:
    with gateway_thread(upstream_url, timeouts=Timeouts(first_byte_s=0.2)) as url:
        status, body, _ = post(url, ask("hangs"))
    assert status == 504
    assert error(body)[0] == "upstream_timeout"
    assert "sent nothing within 0.2 s" in error(body)[1]
    assert upstream.cancelled.wait(timeout=30)


def test_a_stream_that_falls_silent_ends_with_an_error_event(upstream_url: str, upstream: Wayward) -> None:
    with gateway_thread(upstream_url, timeouts=Timeouts(idle_s=0.2)) as url:
        status, body, _ = post(url, ask("pauses", stream=True))
    events = [event for event in body.split(b"\n\n") if event]
    assert status == 200
    assert [json.loads(event[6:])["choices"][0]["delta"]["content"] for event in events[:-1]] == [WORDS[0]]
    assert error(events[-1][6:])[0] == "upstream_timeout"
    assert upstream.cancelled.wait(timeout=30)


def test_the_whole_call_is_bounded_too(upstream_url: str) -> None:
    with gateway_thread(upstream_url, timeouts=Timeouts(whole_s=0.3)) as url:
        _, body, _ = post(url, ask("pauses", stream=True))
    assert b"did not finish its answer within 0.3 s" in body


def test_an_upstream_that_does_not_accept_is_given_up() -> None:
    full = socket.socket()  # listens, with no room left for another connection
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    address = full.getsockname()
    waiting = [socket.socket() for _ in range(4)]
    for client in waiting:
        client.setblocking(False)
        client.connect_ex(address)
    with gateway_thread(f"http://127.0.0.1:{address[1]}", timeouts=Timeouts(connect_s=0.3)) as url:
        status, body, _ = post(url, ask("plain"))
    for open_socket in (*waiting, full):
        open_socket.close()
    assert (status, error(body)[0]) == (504, "upstream_connect_timeout")


def test_an_upstream_that_is_not_there_is_said_with_its_address() -> None:
    port = free_port()
    with gateway_thread(f"http://127.0.0.1:{port}") as url:
        status, body, _ = post(url, ask("plain"))
    assert (status, error(body)[0]) == (502, "upstream_unreachable")
    assert f"http://127.0.0.1:{port}/v1 cannot be connected to" in error(body)[1]


def test_a_request_over_its_limit_is_refused(upstream_url: str, upstream: Wayward) -> None:
    with gateway_thread(upstream_url, limits=Limits(max_request_bytes=1000)) as url:
        status, body, _ = post(url, ask("plain", padding="x" * 1000))
        again, _, _ = post(url, ask("plain"))
    assert (status, error(body)[0], again) == (413, "request_too_large", 200)
    assert len(upstream.bodies) == 1


def test_a_reply_over_its_limit_is_refused(upstream_url: str) -> None:
    with gateway_thread(upstream_url, limits=Limits(max_reply_bytes=100_000)) as url:
        status, body, _ = post(url, ask("shouts"))
    assert (status, error(body)[0]) == (502, "reply_too_large")


def test_an_event_over_its_limit_before_the_first_token_is_an_error(upstream_url: str, upstream: Wayward) -> None:
    with gateway_thread(upstream_url, limits=Limits(max_event_bytes=20_000)) as url:
        status, body, _ = post(url, ask("drones", stream=True))
    assert (status, error(body)[0]) == (502, "event_too_large")
    assert len(upstream.bodies) == 1  # its money is spent, and the next answer would be no shorter


def test_an_event_over_its_limit_after_it_ends_the_stream_with_an_error_event(upstream_url: str) -> None:
    with gateway_thread(upstream_url, limits=Limits(max_event_bytes=20_000)) as url:
        status, body, _ = post(url, ask("begins-and-drones", stream=True))
    assert status == 200
    assert error(body.rsplit(b"data: ", 1)[1])[0] == "event_too_large"


def test_the_prompt_that_is_kept_is_bounded_and_the_one_that_is_sent_is_not(
    upstream_url: str, upstream: Wayward
) -> None:
    listener = SpanListener()
    with serving(listener.build()) as listener_url:
        telemetry = TelemetryConfig(url=f"{listener_url}/v1/traces")
        with gateway_thread(upstream_url, limits=Limits(max_capture_bytes=100), telemetry=telemetry) as url:
            post(url, ask("shouts", messages=[{"role": "user", "content": "é" * 5000}]))
            span = listener.only()
    assert len(json.loads(upstream.bodies[0])["messages"][0]["content"]) == 5000
    assert len(span["gen_ai.input.messages"].encode()) <= 100 + len(" [truncated]")
    assert span["gen_ai.input.messages"].endswith(" [truncated]")
    assert json.loads(span["gen_ai.output.messages"])[0]["content"] == "a" * 100 + " [truncated]"


def test_spans_over_the_bound_give_way_to_newer_ones_and_are_counted(upstream_url: str) -> None:
    telemetry = TelemetryConfig(
        url=f"http://127.0.0.1:{free_port()}/v1/traces", max_spans=3, batch_spans=1, final_flush_s=0.1
    )
    with gateway_thread(upstream_url, telemetry=telemetry) as url:
        for _ in range(10):
            post(url, ask("plain"))
        wait_until(
            lambda: _telemetry(url)["waiting"] + _telemetry(url)["dropped"] == 20,
            "ten spans and their tries to be accounted for",
        )
        told = _telemetry(url)
    assert told["waiting"] <= 4  # three in the buffer, one on its way
    assert told["dropped"] >= 16


def test_a_batch_that_the_server_refuses_for_good_is_counted_and_not_sent_again(upstream_url: str) -> None:
    listener = SpanListener(statuses=[400])
    with serving(listener.build()) as listener_url:
        telemetry = TelemetryConfig(url=f"{listener_url}/v1/traces")
        with gateway_thread(upstream_url, telemetry=telemetry) as url:
            post(url, ask("plain"))
            wait_until(lambda: _telemetry(url)["refused"] == 2, "the refusal to be counted")
            post(url, ask("plain"))
            wait_until(lambda: _telemetry(url)["sent"] == 2, "the next span to be sent")
    assert len(listener.bodies) == 2


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/chat/completions", 405),
        ("POST", "/v1/models", 405),
        ("POST", "/v1/nothing", 404),
        ("GET", "/", 404),
    ],
)
def test_what_the_gateway_does_not_know_is_answered_with_what_it_does(
    upstream_url: str, method: str, path: str, status: int
) -> None:
    with gateway_thread(upstream_url) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        connection.request(method, path)
        reply = connection.getresponse()
        assert reply.status == status
        assert "POST /v1/chat/completions" in error(reply.read())[1]
        connection.close()


def test_a_models_name_cannot_become_a_header(upstream_url: str) -> None:
    with gateway_thread(upstream_url) as url:
        _, _, headers = post(url, ask("plain\r\nset-cookie: a=b\u20ac"))
    assert headers["x-lrcp-model"] == "url/plain??set-cookie: a=b?"
    assert "set-cookie" not in headers


def test_a_kept_connection_that_the_upstream_closed_is_replaced(upstream_url: str) -> None:
    with gateway_thread(upstream_url, policy=Policy(resilience=None)) as url:
        assert post(url, ask("plain"))[0] == 200
        for _ in range(5):
            # 'drops' resets a connection that was kept open: the call is sent again on a new one, once, and fails then.
            assert post(url, ask("plain"))[0] == 200
            assert error(post(url, ask("drops"))[1])[0] == "upstream_disconnected"


@pytest.mark.parametrize(
    ("path", "status", "seen"),
    [
        ("/v1/models/a%2Fb%20c", 200, "/v1/models/a/b%20c"),
        ("/v1/models/x%0d%0aevil:%201", 200, "/v1/models/x%0D%0Aevil:%201"),
        ("/v1/models/x%3Fadmin=1", 200, "/v1/models/x%3Fadmin%3D1"),
        ("/v1/models/../chat", 404, None),
        ("/v1/models/%2e%2e/chat", 404, None),
    ],
)
def test_a_path_reaches_the_provider_as_a_path_and_nothing_else(
    upstream_url: str, upstream: Wayward, path: str, status: int, seen: str | None
) -> None:
    with gateway_thread(upstream_url) as url:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        connection.request("GET", path)
        assert connection.getresponse().status == status
        connection.close()
    assert upstream.paths == ([seen] if seen else [])


def _telemetry(url: str) -> dict[str, Any]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    connection.request("GET", "/health")
    told: dict[str, Any] = json.loads(connection.getresponse().read())["telemetry"]
    connection.close()
    return told

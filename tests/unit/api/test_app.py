"""Health, hosts, headers, pages, and the OpenAPI document under fuzz."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck as Check
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.guard import MAX_BODY_BYTES
from lrcp.api.health import ComponentHealth
from tests.unit.api.conftest import Served


async def _down() -> ComponentHealth:
    return ComponentHealth("down", "the disk is full")


async def _failing() -> ComponentHealth:
    raise RuntimeError("no such device")


async def _degraded() -> ComponentHealth:
    return ComponentHealth("degraded", "the queue is half full")


def test_health_says_each_component_and_why(served: Served) -> None:
    assert served.get("/health")["status"] == "ok"
    served.health["queue"] = _degraded
    assert served.get("/health")["status"] == "degraded"
    served.health |= {"disk": _down, "device": _failing}
    components = served.get("/health", expect=503)["components"]
    assert components["disk"] == {"state": "down", "reason": "the disk is full"}
    assert components["device"] == {"state": "down", "reason": "RuntimeError: no such device"}
    for name in ("queue", "disk", "device"):
        del served.health[name]


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1:8000", 200), ("localhost", 200), ("[::1]:8000", 200), ("evil.example", 421), ("", 421)],
)
def test_only_known_host_names_are_answered(served: Served, host: str, status: int) -> None:
    assert served.client.get("/health", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8000", 200),
        ("http://localhost:5173", 200),
        ("http://[::1]:8000", 200),
        ("https://evil.example", 403),
        ("http://127.0.0.1.evil.example", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_only_pages_of_the_servers_own_hosts_may_ask_it(served: Served, origin: str, status: int) -> None:
    answer = served.client.post("/api/sql", json={"query": "SELECT 1"}, headers={"origin": origin})
    assert answer.status_code == status
    assert status == 200 or "LRCP_ALLOWED_HOSTS" in answer.json()["detail"]


def test_every_response_carries_the_security_headers(served: Served) -> None:
    for path in ("/health", "/api/nothing", "/", "/docs"):
        headers = served.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "'unsafe-inline'" not in headers["content-security-policy"].split("script-src")[1].split(";")[0]


def test_a_missing_web_build_is_said_with_the_command(served: Served) -> None:
    reply = served.client.get("/")
    assert reply.status_code == 503
    assert "make web" in reply.text


def test_a_build_is_served_and_client_routes_fall_back_to_it(served: Served, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>app</title>")
    (tmp_path / "docs.html").write_text("<title>docs</title>")
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "app-1.js").write_text("1")
    client = TestClient(create_api(served.store, {}, tmp_path), base_url="http://localhost")
    assert "app" in client.get("/traces/0af7").text
    assert "docs" in client.get("/docs").text
    assert client.get("/icon.svg").text == "<svg/>"
    assert "immutable" in client.get("/assets/app-1.js").headers["cache-control"]
    assert client.get("/assets/gone.js").status_code == 404
    assert client.get("/gone.png").status_code == 404
    assert client.get("/%2e%2e/%2e%2e/etc/passwd").text.startswith("<title>app")


def test_a_method_that_is_not_allowed_is_a_problem_that_names_the_allowed_one(served: Served) -> None:
    reply = served.client.delete("/health")
    assert reply.status_code == 405
    assert "GET" in reply.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/traces", 405),
        ("GET", "/api/sql", 405),
        ("POST", "/nowhere", 404),
        ("PUT", "/api/v2/nowhere", 404),
    ],
)
def test_an_unknown_path_is_not_taken_for_a_wrong_method(served: Served, method: str, path: str, status: int) -> None:
    reply = served.client.request(method, path)
    assert reply.status_code == status
    assert bool(reply.headers.get("allow")) == (status == 405)


def test_a_body_over_the_limit_is_refused_before_it_is_read(served: Served) -> None:
    body = b'{"query": "' + b"x" * MAX_BODY_BYTES + b'"}'
    reply = served.client.post("/api/sql", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 413
    assert str(MAX_BODY_BYTES) in reply.json()["detail"]


class _Silent:
    async def query(self, sql: str, parameters: object = None, settings: object = None) -> object:
        raise RuntimeError("boom")


def test_a_failure_of_ours_is_a_problem_without_its_inside() -> None:
    client = TestClient(
        create_api(_Silent(), {}, Path("none")), base_url="http://localhost", raise_server_exceptions=False
    )  # type: ignore[arg-type]
    reply = client.get("/api/traces")
    assert reply.status_code == 500
    assert "boom" not in reply.text
    assert reply.headers["content-type"] == "application/problem+json"


def test_every_route_of_the_document_has_a_description(served: Served) -> None:
    document = served.get("/openapi.json")
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) >= 6
    assert all(operation.get("description") or operation.get("summary") for operation in operations)


def test_the_api_keeps_to_its_openapi_document_under_fuzz(served: Served) -> None:
    schema = schemathesis.openapi.from_asgi("/openapi.json", served.client.app, headers={"host": "127.0.0.1"})
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) >= 6
    for operation in operations:
        _check_operation(operation.as_strategy())


def _check_operation(cases: SearchStrategy[schemathesis.Case]) -> None:
    @given(case=cases)
    @settings(max_examples=20, deadline=None, suppress_health_check=list(Check), database=None, derandomize=True)
    def check(case: schemathesis.Case) -> None:
        # A time or an id is more than its schema can say, so a 422 to schema-valid text is no fault.
        case.call_and_validate(headers={"host": "127.0.0.1"}, excluded_checks=[positive_data_acceptance])

    check()

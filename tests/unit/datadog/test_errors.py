"""Errors of every path, in Datadog's shape."""

from pathlib import Path

import pytest

from lrcp.datadog.http import MAX_BODY_BYTES
from tests.support.datadog_api import DatadogApi, open_datadog_api


def raw(api: DatadogApi, body: bytes) -> tuple[int, str]:
    answer = api.client.post("/api/v1/monitor", content=body)
    return answer.status_code, answer.json()["errors"][0]


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        (b"", 400, "Invalid JSON"),
        (b"{", 400, "Invalid JSON"),
        (b"[]", 400, "must be a JSON object"),
        (b"[" * 100_000, 400, "Invalid JSON"),
        (b"\xff\xfe", 400, "Invalid JSON"),
        (b" " * (MAX_BODY_BYTES + 1), 413, "over the limit"),
    ],
    ids=["nothing", "half", "a list", "deep", "no UTF-8", "large"],
)
def test_a_body_that_is_none_is_refused(api: DatadogApi, body: bytes, status: int, part: str) -> None:
    answered, text = raw(api, body)
    assert answered == status
    assert part in text


def test_paths_and_methods_that_are_not_there(api: DatadogApi) -> None:
    assert api.ask("GET", "/api/v2/nothing") == (404, {"errors": ["Not found"]})
    assert api.ask("PATCH", "/api/v1/monitor") == (405, {"errors": ["Method not allowed"]})


def test_a_database_that_is_away_is_told_as_unavailable_with_a_time_to_come_back(tmp_path: Path) -> None:
    with open_datadog_api(tmp_path, 0) as api:
        database = Path(api.state._engine.url.database or "")
        api.state._engine.dispose()
        database.unlink()
        database.mkdir()
        answer = api.client.get("/api/v1/monitor")
    assert answer.status_code == 503
    assert answer.headers["x-ratelimit-reset"] == "1"
    assert "does not answer" in answer.json()["errors"][0]


@pytest.mark.parametrize("page", ["x", "-1", "9" * 30])
def test_a_parameter_that_is_no_number_is_refused(api: DatadogApi, page: str) -> None:
    status, document = api.ask("GET", "/api/v1/monitor", page=page)
    assert status == 400
    assert "'page'" in document["errors"][0]

"""The pack's dashboard over telemetry as it is stored: Datadog's query API answers each request of each widget with data."""

import asyncio
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from lrcp.datadog.app import create_datadog_api
from lrcp.datadog.metrics_query.querying import QueryHandlers
from lrcp.kit.clock import SystemClock
from lrcp.model.batch import Batch
from lrcp.store.telemetry.source.source import TelemetrySource
from tests.scenario.monitors.bad_traffic import PACK, bad_batch
from tests.support.telemetry import open_stack

DASHBOARD = json.loads(re.sub(r"\{(?:\$\w+,?)+", "{*", (PACK / "dashboards" / "llm-reliability.json").read_text()))
NEVER_SENT = ("llm.cost_per_conversion", "cost_forecast_24h", "kafka.messages.produced", "kafka.produce.latency")
NOT_OF_THIS_TRAFFIC = ("llm.gateway.guard", "llm.gateway.retries", "llm.gateway.overhead", "llm.gateway.cache.hits")


def _requests(value: Any, title: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every request with formulas, and its widget's title."""
    if isinstance(value, list):
        for one in value:
            yield from _requests(one, title)
    if isinstance(value, dict):
        title = value.get("title", title)
        if "formulas" in value:
            yield title, value
        for member in value.values():
            yield from _requests(member, title)


REQUESTS = list(_requests(DASHBOARD["widgets"]))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with asyncio.Runner() as runner:
        opening = open_stack(tmp_path_factory.mktemp("dashboard") / "telemetry")
        stack = runner.run(opening.__aenter__())
        batch: Batch = bad_batch(int(time.time()) // 10 * 10)
        runner.run(stack.pipeline.consume(batch))
        queries = QueryHandlers(TelemetrySource(stack.store), SystemClock())
        paths = {"timeseries": queries.timeseries, "scalar": queries.scalar}
        routes = [Route(f"/api/v2/query/{name}", call, methods=["POST"]) for name, call in paths.items()]
        yield TestClient(create_datadog_api(routes))
        runner.run(opening.__aexit__(None, None, None))


def _ask(client: TestClient, request: dict[str, Any]) -> list[Any]:
    """The columns (scalar) or rows of values (timeseries) of the answer."""
    kind, now_ms = request["response_format"], int(time.time()) * 1000
    attributes = {
        "from": now_ms - 3_600_000,
        "to": now_ms,
        "queries": request["queries"],
        "formulas": [{"formula": one["formula"]} for one in request["formulas"]],
    }
    body = {"data": {"type": f"{kind}_request", "attributes": attributes}}
    reply = client.post(f"/api/v2/query/{kind}", json=body)
    assert reply.status_code == 200, reply.text
    answer = reply.json()["data"]["attributes"]
    found: list[Any] = answer["values"] if kind == "timeseries" else [one["values"] for one in answer["columns"]]
    return found


@pytest.mark.parametrize(("title", "request_"), REQUESTS, ids=[title for title, _ in REQUESTS])
def test_a_request_of_the_dashboard_is_answered(client: TestClient, title: str, request_: dict[str, Any]) -> None:
    found = json.dumps(_ask(client, request_))
    asked = json.dumps(request_["queries"])
    if not any(name in asked for name in NEVER_SENT + NOT_OF_THIS_TRAFFIC):
        assert re.search(r"\d", found), found[:500]


def test_the_dashboard_shows_every_metric_that_the_pack_watches() -> None:
    shown = json.dumps(DASHBOARD)
    watched = {
        name
        for file in (PACK / "monitors").glob("*.json")
        for name in re.findall(r":((?:llm|kafka|pet)\.[\w.]+)\{", file.read_text())
    }
    assert [name for name in sorted(watched) if name not in shown] == []

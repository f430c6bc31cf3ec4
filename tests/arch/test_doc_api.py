"""docs/api.md against the API: each request of the page is sent to a seeded store, and its reply is the one of the page."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.health import ComponentHealth
from lrcp.api.slos.routes import slo_router
from lrcp.kit.clock import FakeClock
from lrcp.model.evaluation import Evaluation
from lrcp.model.span import Span
from lrcp.monitors.slo.history import SloReader
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore, open_state
from lrcp.store.telemetry.columns import evaluation_table, span_table
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.source.source import TelemetrySource
from lrcp.store.telemetry.store import TelemetryStore

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
EXAMPLES = re.findall(r"```http\n(\w+) (\S+)\n(.*?)```\n\n```json ?(\d*)\n(.*?)```", PAGE, re.S)
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC).timestamp()
RETENTION_DAYS = 20_000
"""The records are of a fixed day, and the engine goes by the real one."""

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
SLO = {
    "name": "Model calls succeed", "type": "metric", "description": "", "tags": ["team:llm"],
    "query": {"numerator": "sum:llm.request.count{status:ok}", "denominator": "sum:llm.request.count{*}"},
    "thresholds": [{"timeframe": "7d", "target": 99.0, "warning": 99.5}],
}  # fmt: skip
QUESTION = '[{"role":"user","content":"How long do I have to return a jacket?"}]'


def records() -> tuple[list[Span], Evaluation]:
    """A request of a shop with one generation below it, twenty minutes before NOW; and a judgement of the generation."""
    start_ns = int(NOW - 1200) * 10**9
    root = Span(
        TRACE_ID, "00f067aa0ba902b7", "", start_ns, 930_000_000, "qa", service="shop", resource="POST /qa", kind="workflow",
        env="dev", ml_app="shop", session_id="s-17", input="How long do I have to return a jacket?",
        output="30 days.", source="ddtrace",
    )  # fmt: skip
    call = Span(
        TRACE_ID, "00f067aa0ba902b8", root.span_id, start_ns + 20_000_000, 900_000_000, "openai.request", service="shop",
        resource="createChatCompletion", kind="llm", env="dev", ml_app="shop", session_id="s-17", provider="openai",
        model="gpt-5-mini", response_model="gpt-5-mini-2025-08-07", input_tokens=120, output_tokens=24,
        cached_input_tokens=80, cost_nusd=60_000, cost_source="computed", ttft_ns=310_000_000, finish_reason="stop",
        input=QUESTION, output='[{"role":"assistant","content":"30 days."}]', tags={"metadata.temperature": "0.2"},
        source="ddtrace",
    )  # fmt: skip
    judged = Evaluation(start_ns + 10**9, "quality", "", call.span_id, 0.75, evaluator="external", evidence="short")
    return [root, call], judged


def _slos(state: StateStore) -> ResourceStore:
    resources = ResourceStore(state)
    resources.create("slo", SLO, now_ns=int(NOW) * 10**9, id="5e3a")
    return resources


async def _fine() -> ComponentHealth:
    return ComponentHealth("ok")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    directory = tmp_path_factory.mktemp("docs-api")
    store = TelemetryStore(embedded_engine(directory / "telemetry"))
    asyncio.run(store.open(RETENTION_DAYS))
    spans, judged = records()
    for table, rows in (
        ("spans", span_table(spans, [True] * len(spans), [0] * len(spans))),
        ("evaluations", evaluation_table([judged], [0])),
    ):
        asyncio.run(store.on_writer(lambda table=table, rows=rows: store.insert(table, rows)))  # type: ignore[misc]
    health = dict.fromkeys(("store", "state", "pipeline", "receivers"), _fine)
    state, clock = open_state("", directory, now_ns=int(NOW) * 10**9), FakeClock(NOW)
    routers = (slo_router(_slos(state), SloReader(TelemetrySource(store)), clock),)
    app = create_api(store, health, directory / "no-build", clock=clock, routers=routers)
    with TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False) as asking:
        yield asking
    asyncio.run(store.close())
    state.close()


def test_every_path_of_the_api_has_an_example_and_its_heading(client: TestClient) -> None:
    operations = {
        f"{method.upper()} {path}"
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method in methods
    }
    assert set(re.findall(r"^### (.+)$", PAGE, re.M)) == operations
    assert len(EXAMPLES) >= len(operations)


@pytest.mark.parametrize(
    ("method", "target", "body", "status", "reply"), EXAMPLES, ids=[f"{one[0]} {one[1]}" for one in EXAMPLES]
)
def test_a_request_of_the_page_gets_the_reply_of_the_page(
    client: TestClient, method: str, target: str, body: str, status: str, reply: str
) -> None:
    answer = client.request(method, target, content=body.strip() or None, headers={"content-type": "application/json"})
    assert answer.status_code == int(status or 200), answer.text
    assert answer.json() == json.loads(reply)


def test_every_parameter_is_on_the_page(client: TestClient) -> None:
    operations = [o for methods in client.get("/openapi.json").json()["paths"].values() for o in methods.values()]
    names = {parameter["name"] for operation in operations for parameter in operation.get("parameters", ())}
    assert [name for name in names if f"`{name}`" not in PAGE and name not in ("trace_id", "span_id")] == []

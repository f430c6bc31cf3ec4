"""Whatever is asked of the API, the answer is below 500: changed SQL, changed bodies, changed queries and paths."""

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import quote_from_bytes

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.health import ComponentHealth
from lrcp.kit.clock import FakeClock
from lrcp.store.telemetry.columns import span_table
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.store import TelemetryStore
from tests.fuzz.mutation import mutated, mutated_value
from tests.support.seeded_shop import shop_spans

FULL = int(os.environ.get("LRCP_FUZZ_N", "1000000")) // 10
SEED = int(os.environ.get("LRCP_FUZZ_SEED", "1"))
_COUNTS = [400, pytest.param(FULL, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
_JSON = {"content-type": "application/json"}

_SQL = (
    b"SELECT model, count() AS n, sum(cost_nusd) / 1e9 FROM spans WHERE kind = 'llm' GROUP BY model ORDER BY n LIMIT 5",
    b"WITH c AS (SELECT trace_id, sum(cost_nusd) AS x FROM spans GROUP BY trace_id) SELECT quantile(0.95)(x) FROM c",
    b"SELECT tags['k'], arrayMap(t -> upper(t), mapKeys(tags)) FROM spans WHERE input LIKE '%return%' LIMIT 2",
    b"SELECT * FROM metrics AS m JOIN spans AS s ON m.time = toDateTime(s.start_time) LIMIT 1",
    b"SHOW CREATE TABLE spans",
    b"DESCRIBE logs",
    b"EXPLAIN SELECT 1 IN (SELECT duration_ns FROM spans)",
)
_BODIES = (
    {"query": "SELECT 1"},
    {"question": "Where is my order?", "document": "Orders ship in two days.", "session_id": "s"},
    {"prompt": "why", "repetitions": 2},
)
_PATHS = (
    b"/api/traces?limit=5&sort=-duration&kind=llm&q=return&from=now-1h&to=now",
    b"/api/traces?cursor=abc&status=error&min_duration_ms=1.5&model=gpt-4o",
    b"/api/traces/0123456789abcdef0123456789abcdef",
    b"/api/traces/0123456789abcdef0123456789abcdef/spans/0123456789abcdef",
    b"/api/overview?from=now-6h&to=now&service=shop&env=prod",
    b"/assets/index.js",
    b"/traces/x?y=1",
    b"/docs",
    b"/health",
)


async def _fine() -> ComponentHealth:
    return ComponentHealth("ok")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API over the real engine with a little traffic; the web app is built, to the extent that it has a page."""
    directory: Path = tmp_path_factory.mktemp("fuzzed-api")
    (directory / "build" / "assets").mkdir(parents=True)
    (directory / "build" / "index.html").write_text("<!doctype html>")
    (directory / "build" / "docs.html").write_text("<!doctype html>")
    store, clock = TelemetryStore(embedded_engine(directory / "store")), FakeClock(int(time.time()))
    asyncio.run(store.open(retention_days=30))
    spans = list(shop_spans(20, end_ns=clock.now_ns() - 10**10, over_s=3_500))
    table = span_table(spans, [True] * len(spans), [0] * len(spans))
    asyncio.run(store.on_writer(lambda: store.insert("spans", table)))
    app = create_api(store, {"store": _fine}, directory / "build", clock=clock)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client
    asyncio.run(store.close())


def ask(client: TestClient, method: str, url: str, body: bytes = b"") -> int:
    """The status. Raises: AssertionError - 5xx, with the request."""
    reply = client.request(method, url, content=body, headers=_JSON)
    assert reply.status_code < 500, (method, url, body, reply.text[:1000])
    return reply.status_code


@pytest.mark.parametrize("count", _COUNTS)
def test_changed_sql_is_answered_or_refused(client: TestClient, count: int) -> None:
    random, statuses = Random(SEED), Counter[int]()
    for number in range(count):
        sql = mutated(_SQL[number % len(_SQL)], _SQL, random).decode("latin-1")
        statuses[ask(client, "POST", "/api/sql", json.dumps({"query": sql}).encode())] += 1
    assert statuses[200] > 0
    assert statuses[400] > 0


@pytest.mark.parametrize("count", _COUNTS)
def test_changed_bodies_are_answered_or_refused(client: TestClient, count: int) -> None:
    random, plain = Random(SEED), [json.dumps(body).encode() for body in _BODIES]
    for number in range(count):
        which = number % len(_BODIES)
        body = json.dumps(mutated_value(_BODIES[which], random)).encode()
        ask(client, "POST", "/api/sql", body if number % 2 else mutated(plain[which], plain, random))
        ask(client, random.choice(("POST", "PUT", "DELETE", "PATCH")), "/api/traces", body)


@pytest.mark.parametrize("count", _COUNTS)
def test_changed_paths_and_queries_are_answered_or_refused(client: TestClient, count: int) -> None:
    random = Random(SEED)
    for number in range(count):
        path, _, query = mutated(_PATHS[number % len(_PATHS)], _PATHS, random).partition(b"?")
        url = "/" + quote_from_bytes(path.lstrip(b"/")) + "?" + quote_from_bytes(query, safe="=&+%")
        ask(client, "GET", url)


@pytest.mark.parametrize("path", ["/%00", "/" + "a" * 5_000, "/..%2f..%2fetc%2fpasswd", "/assets/%00", "/docs/%ff"])
def test_paths_that_are_no_file_names_are_no_trouble(client: TestClient, path: str) -> None:
    ask(client, "GET", path)

"""Whatever is asked of Datadog's paths and of /api/monitors: an answer below 500, in JSON, within some seconds."""

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.monitors.replay import replay_router
from lrcp.api.monitors.routes import monitor_router
from lrcp.app.datadog_paths import datadog_routes
from lrcp.datadog.app import create_datadog_api
from lrcp.kit.clock import FakeClock
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import open_state
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.monitor_evaluations import EvaluationLog
from lrcp.store.telemetry.source.source import TelemetrySource
from tests.contract.source.event_corpus import store_corpus
from tests.contract.source.filled import FilledStore
from tests.fuzz.datadog_requests import BODIES, HOSTILE_BODIES, HOSTILE_PATHS, PATHS
from tests.fuzz.monitors import NOW_S, checks, series
from tests.fuzz.mutation import mutated, mutated_value

FULL = int(os.environ.get("LRCP_FUZZ_N", "1000000")) // 20
SEED = int(os.environ.get("LRCP_FUZZ_SEED", "1"))
_COUNTS = [400, pytest.param(FULL, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
_JSON = {"content-type": "application/json"}
_LONGEST_S = 20.0
"""Not a measure of speed: what takes longer than this hangs."""


class Servers:
    """The application of Datadog's paths and ours, over one store and one state database."""

    def __init__(self, datadog: TestClient, ours: TestClient, monitor_id: int) -> None:
        self.datadog, self.ours, self.monitor_id = datadog, ours, monitor_id

    def ask(self, method: str, path: str, body: bytes | None = None) -> int:
        """The status. Raises: AssertionError - 5xx, no JSON, or too long; with the request."""
        path = path.replace("{monitor}", str(self.monitor_id))
        client, begun_s = self.ours if path.startswith("/api/monitors") else self.datadog, time.monotonic()
        reply = client.request(method, path, content=body, headers=_JSON)
        request = (method, path[:2000], (body or b"")[:2000])
        assert reply.status_code < 500, (request, reply.text[:1000])
        assert time.monotonic() - begun_s < _LONGEST_S, request
        for line in reply.text.splitlines() if "ndjson" in reply.headers.get("content-type", "") else [reply.text]:
            assert not line or json.loads(line) is not None or line == "null", request
        return reply.status_code


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    directory = tmp_path_factory.mktemp("fuzzed-datadog")
    state, clock = open_state("", directory, now_ns=0), FakeClock(NOW_S)
    resources, states = ResourceStore(state), MonitorStateStore(state)
    with FilledStore(embedded_engine(directory / "store")) as filled:
        store = filled.store
        filled.fill(series(), checks())
        filled.run(store.on_writer(lambda: store_corpus(store)))
        routers = [
            replay_router(resources, dict, TelemetrySource(store), clock),
            monitor_router(resources, states, NotificationStore(state), EvaluationLog(store), clock),
        ]
        ours = create_api(store, {}, directory, clock=clock, routers=routers)
        datadog = create_datadog_api(datadog_routes(resources, states, store, clock))
        with (
            TestClient(datadog, base_url="http://127.0.0.1", raise_server_exceptions=False) as one,
            TestClient(ours, base_url="http://127.0.0.1", raise_server_exceptions=False) as other,
        ):
            made = one.post("/api/v1/monitor", json=BODIES["monitor"][2]).json()
            yield Servers(one, other, made["id"])
    state.close()


def _sent(body: Any) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("name", BODIES)
def test_the_bodies_that_are_changed_are_taken_as_they_are(servers: Servers, name: str) -> None:
    method, path, body = BODIES[name]
    assert servers.ask(method, path, _sent(body)) in (200, 201)


@pytest.mark.parametrize("count", _COUNTS)
def test_changed_bodies_are_answered_or_refused(servers: Servers, count: int) -> None:
    random, statuses, requests = Random(SEED), Counter[int](), list(BODIES.values())
    plain = [_sent(body) for _, _, body in requests]
    for number in range(count):
        method, path, body = requests[number % len(requests)]
        as_text = mutated(plain[number % len(requests)], plain, random)
        statuses[
            servers.ask(method, path, as_text if random.random() < 0.3 else _sent(mutated_value(body, random)))
        ] += 1
    assert statuses[200] > 0
    assert statuses[400] > 0


@pytest.mark.parametrize("count", _COUNTS)
def test_changed_paths_and_queries_are_answered_or_refused(servers: Servers, count: int) -> None:
    random, statuses = Random(SEED), Counter[int]()
    for number in range(count):
        seed = PATHS[number % len(PATHS)]
        changed = mutated(seed, PATHS, random)
        path, _, query = (seed[:12] + changed[12:]).partition(b"?")
        url = "/" + quote_from_bytes(path.lstrip(b"/")) + "?" + quote_from_bytes(query, safe="=&+%")
        method = "GET" if random.random() < 0.9 else random.choice(("PUT", "PATCH", "DELETE", "POST"))
        statuses[servers.ask(method, url, None if method == "GET" else b"{}")] += 1
    assert statuses[200] > 0
    assert statuses[404] > 0


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_hostile_paths_are_answered_or_refused(servers: Servers, path: str) -> None:
    servers.ask("GET", path)


@pytest.mark.parametrize("name", sorted(BODIES.keys() - {"replay"}))  # an object is a replay of a week there
def test_hostile_bodies_are_answered_or_refused(servers: Servers, name: str) -> None:
    method, path, _ = BODIES[name]
    for body in HOSTILE_BODIES:
        servers.ask(method, path, body)

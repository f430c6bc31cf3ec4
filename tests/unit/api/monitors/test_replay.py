"""/api/monitors/replay over points in memory and a real state database."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.monitors.replay import replay_router
from lrcp.kit.clock import FakeClock
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import open_state

NOW_S = 1_790_000_040 // 60 * 60
START_S = NOW_S - 7200


def definition(threshold: float, name: str = "slow") -> dict[str, Any]:
    return {
        "name": name,
        "type": "query alert",
        "query": f"avg(last_5m):avg:took{{*}} > {threshold}",
        "options": {"thresholds": {"critical": threshold}},
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    directory = tmp_path_factory.mktemp("replay")
    state = open_state("", directory, now_ns=START_S * 10**9)
    resources = ResourceStore(state)
    resources.create("monitor", definition(5), now_ns=START_S * 10**9, id="7")
    values = [9.0 if 30 <= minute < 50 else 4.0 if 80 <= minute < 90 else 1.0 for minute in range(120)]
    took = MemorySeries("took", "gauge", (), [float(START_S + minute * 60) for minute in range(120)], values)
    router = replay_router(resources, dict, MemorySource([took]), FakeClock(NOW_S))
    yield TestClient(create_api(None, {}, directory, routers=(router,)), base_url="http://127.0.0.1:8000")  # type: ignore[arg-type]
    state.close()


def replay(client: TestClient, **wanted: Any) -> list[dict[str, Any]]:
    reply = client.post("/api/monitors/replay", json={"since": "2h"} | wanted)
    assert reply.status_code == 200, reply.text
    return [json.loads(line) for line in reply.text.splitlines()]


def test_the_history_of_a_monitor_in_force_is_told(client: TestClient) -> None:
    *lines, last = replay(client)
    assert lines[0]["progress"][0] >= 1
    assert [line["transition"]["kind"] for line in lines if "transition" in line] == ["alert", "recovery"]
    (monitor,) = last["report"]["monitors"]
    assert (monitor["monitor_id"], len(monitor["episodes"]), monitor["notifications"]) == (7, 1, 2)
    assert monitor["alerting_s"] == 20 * 60


def test_a_new_version_is_compared_with_the_one_in_force(client: TestClient) -> None:
    report = replay(client, definitions=[definition(3)])[-1]["report"]
    (compared,) = report["comparisons"]
    assert (compared["old_id"], compared["new_id"]) == (7, -1)
    assert len(compared["differences"]["added"]) == 1
    assert len(compared["differences"]["kept"]) == 1
    assert compared["differences"]["dropped"] == []


def test_marked_incidents_give_precision_recall_and_time_to_detect(client: TestClient) -> None:
    marks = [{"start": str(START_S + 1800), "end": str(START_S + 3000), "name": "outage"}]
    score = replay(client, incidents=marks)[-1]["report"]["score"]
    assert (score["precision"], score["recall"], score["detect_s"]) == (1.0, 1.0, 180.0)


def test_two_replays_after_one_another_work(client: TestClient) -> None:
    assert "report" in replay(client)[-1]
    assert "report" in replay(client)[-1]


@pytest.mark.parametrize(
    ("wanted", "status", "says"),
    [
        ({"since": "now"}, 422, "before"),
        ({"definitions": [{"name": "x", "type": "query alert", "query": "avg("}]}, 400, "'x' cannot be evaluated"),
        ({"definitions": [{"name": "x", "type": 1, "query": "y"}]}, 400, "no monitor"),
        ({"monitor_ids": [99]}, 400, "no monitor to replay"),
        ({"every_s": 5}, 422, "every_s"),
        ({"incidents": [{"start": "1h", "end": "2h"}]}, 422, "start"),
    ],
)
def test_what_cannot_be_replayed_is_refused_with_the_reason(
    client: TestClient, wanted: dict[str, Any], status: int, says: str
) -> None:
    reply = client.post("/api/monitors/replay", json={"since": "2h"} | wanted)
    assert reply.status_code == status
    assert says in reply.text


def test_an_error_on_the_way_is_the_last_line(client: TestClient) -> None:
    assert "multiple of 10" in replay(client, every_s=15)[-1]["error"]

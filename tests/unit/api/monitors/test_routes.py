"""/api/monitors over a real state database and a real store."""

import asyncio
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from lrcp.api.app import create_api
from lrcp.api.monitors.routes import monitor_router
from lrcp.kit.clock import FakeClock
from lrcp.model.monitor_state import Evaluation, GroupState, State, Transition
from lrcp.model.monitor_tick import Change, MonitorEvaluation, MonitorStatus
from lrcp.model.notification import Notification
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore, open_state
from lrcp.store.telemetry.engine import embedded_engine
from lrcp.store.telemetry.monitor_evaluations import EvaluationLog
from lrcp.store.telemetry.store import TelemetryStore

NOW_S = 1_790_000_000
NOW_NS = NOW_S * 10**9
SLOW = {"name": "Slow", "type": "query alert", "query": "avg(last_1m):avg:a{*} > 5", "tags": ["team:x"]}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    directory = tmp_path_factory.mktemp("monitors")
    state = open_state("", directory, now_ns=NOW_NS)
    store = TelemetryStore(embedded_engine(directory / "telemetry"))
    asyncio.run(store.open(3650))
    _fill(state, store)
    router = monitor_router(
        ResourceStore(state),
        MonitorStateStore(state),
        NotificationStore(state),
        EvaluationLog(store),
        FakeClock(NOW_S + 60),
    )
    app = create_api(store, {}, directory, routers=(router,))
    yield TestClient(app, base_url="http://127.0.0.1:8000")
    asyncio.run(store.close())
    state.close()


def _fill(state: StateStore, store: TelemetryStore) -> None:
    """Two monitors; the first is in ALERT by one of its two groups and has told so."""
    resources = ResourceStore(state)
    resources.create("monitor", SLOW, now_ns=NOW_NS, id="7")
    resources.create("monitor", SLOW | {"name": "Never"}, now_ns=NOW_NS, id="8")
    lease = LeaseStore(state).acquire("monitors", "me", NOW_NS)
    assert lease is not None
    told = Notification(monitor_id=7, group="host:a", time_s=NOW_S, kind="alert", title="t", body="b", handles=("x",))
    change = Change(
        status=MonitorStatus(monitor_id=7, state=State.ALERT, evaluated_s=NOW_S, definition="d"),
        states=(
            GroupState(group="host:b", state=State.OK, value=1.0),
            GroupState(group="host:a", state=State.ALERT, value=6.0, since_s=NOW_S),
        ),
        transitions=(
            (
                Transition(
                    monitor_id=7, group="host:a", time_s=NOW_S, before=State.OK, after=State.ALERT, kind="alert",
                    reason="6 > 5", notify=True, value=6.0, threshold=5.0,
                ),
                (told, told),
            ),
        ),
    )  # fmt: skip
    MonitorStateStore(state).commit([change], lease=lease, now_ns=NOW_NS)
    found = Evaluation(group="host:a", state=State.ALERT, value=6.0, reason="6 > 5")
    other = Evaluation(group="host:b", state=State.OK, value=1.0, reason="1 is not > 5")
    record = MonitorEvaluation(monitor_id=7, at_s=NOW_S, state=State.ALERT, took_s=0.5, group_count=2, groups=(found,))
    earlier = [replace(record, monitor_id=8, at_s=NOW_S - 30 + step, groups=(found, other)) for step in (0, 10, 20)]
    asyncio.run(EvaluationLog(store).write([record, *earlier]))


def test_the_list_has_the_most_worrying_first(client: TestClient) -> None:
    reply = client.get("/api/monitors").json()
    assert [(one["id"], one["state"]) for one in reply["monitors"]] == [(7, "Alert"), (8, "Skipped")]
    assert reply["counts"] == {"Alert": 1, "Skipped": 1}
    assert reply["monitors"][1]["evaluated_at"] is None


def test_a_monitor_has_its_definition_and_groups(client: TestClient) -> None:
    reply = client.get("/api/monitors/7").json()
    assert reply["definition"] == SLOW
    assert [(one["group"], one["state"], one["value"]) for one in reply["groups"]] == [
        ("host:a", "Alert", 6.0),
        ("host:b", "OK", 1.0),
    ]
    assert client.get("/api/monitors/9").status_code == 404


def test_evaluations_say_why(client: TestClient) -> None:
    (one,) = client.get("/api/monitors/7/evaluations").json()["evaluations"]
    assert one["groups"] == [{"group": "host:a", "state": "Alert", "value": 6.0, "reason": "6 > 5"}]
    assert (one["took_s"], one["group_count"], one["state"]) == (0.5, 2, "Alert")
    assert client.get("/api/monitors/8/evaluations?from=30s").json() == {"evaluations": []}
    assert client.get("/api/monitors/9/evaluations").status_code == 404
    assert client.get("/api/monitors/7/evaluations?from=yesterday").status_code == 422


def test_evaluations_are_thinned_to_the_last_of_a_while_and_to_the_first_groups(client: TestClient) -> None:
    whole = client.get("/api/monitors/8/evaluations").json()["evaluations"]
    assert [len(one["groups"]) for one in whole] == [2, 2, 2]
    (one,) = client.get("/api/monitors/8/evaluations?every_s=86400&groups=1").json()["evaluations"]
    assert one["time"] == whole[0]["time"]
    assert [group["group"] for group in one["groups"]] == ["host:a"]


def test_transitions_are_found_by_monitor_and_time(client: TestClient) -> None:
    (one,) = client.get("/api/monitors/transitions").json()["transitions"]
    assert (one["before"], one["after"], one["kind"], one["reason"]) == ("OK", "Alert", "alert", "6 > 5")
    assert client.get("/api/monitors/transitions?monitor_id=8").json() == {"transitions": []}
    assert client.get("/api/monitors/transitions?from=30s").json() == {"transitions": []}


def test_notifications_come_in_pages(client: TestClient) -> None:
    first = client.get("/api/monitors/notifications?limit=1").json()
    assert first["notifications"][0]["handles"] == ["x"]
    second = client.get(f"/api/monitors/notifications?limit=1&before={first['next_before']}").json()
    assert second["next_before"] is None
    assert second["notifications"][0]["id"] < first["notifications"][0]["id"]

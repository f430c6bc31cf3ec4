"""Monitors on a running server: made with Datadog's own client, fired by live metrics, told once across kill -9."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.dashboards_api import DashboardsApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.service_level_objectives_api import ServiceLevelObjectivesApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v2.api.events_api import EventsApi

from tests.support.lrcp_server import LrcpServer, plan_server, running_server
from tests.support.processes import PYTHON, running_process, wait_until

pytestmark = pytest.mark.e2e


@contextmanager
def client_of(server: LrcpServer) -> Iterator[ApiClient]:
    configuration = Configuration(host=server.url)
    configuration.api_key = {"apiKeyAuth": "any", "appKeyAuth": "any"}
    with ApiClient(configuration) as client:
        yield client


class Shop(threading.Thread):
    """Sends how long a checkout took, every 200 ms, until it is closed."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._to = ("127.0.0.1", port)
        self._closed = threading.Event()
        self.took_s = 1.0

    def run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not self._closed.wait(0.2):
                sender.sendto(f"checkout.took:{self.took_s}|g|#host:a".encode(), self._to)

    def close(self) -> None:
        self._closed.set()
        self.join()


def slow() -> Monitor:
    return Monitor(
        name="Slow checkout",
        type=MonitorType("query alert"),
        query="max(last_1m):avg:checkout.took{*} by {host} > 5",
        message="{{host.name}} takes {{value}} s. @oncall-shop",
        tags=["team:shop"],
        options={"thresholds": {"critical": 5.0}},
    )


def titles(server: LrcpServer, at_least: int) -> list[str]:
    """Of the events that tell of monitors, in their order."""
    query = "SELECT title FROM events WHERE source = 'monitor' ORDER BY time"
    return [row["title"] for row in server.wait_rows(query, at_least)]


def test_an_alert_is_told_once_though_the_server_is_killed_while_it_lasts(tmp_path: Path) -> None:
    server = plan_server(tmp_path)
    argv, log = [PYTHON, "-m", "lrcp", "serve"], tmp_path / "server.log"
    shop = Shop(server.dogstatsd_port)
    shop.start()
    try:
        with running_process(argv, server.environ(), log, ready_url=f"{server.url}/health") as process:
            with client_of(server) as client:
                made = MonitorsApi(client).create_monitor(slow())
            wait_until(lambda: state_of(server, made.id) == "OK", "OK", within_s=60)
            shop.took_s = 9.0
            assert titles(server, 1) == ["[Triggered on {host:a}] Slow checkout"]
            process.send_signal(signal.SIGKILL)
        with running_process(argv, server.environ(), log, ready_url=f"{server.url}/health"):
            assert state_of(server, made.id) == "Alert"
            time.sleep(25)  # some ticks see the alert go on
            assert len(titles(server, 1)) == 1
            shop.took_s = 1.0
            wait_until(lambda: state_of(server, made.id) == "OK", "the recovery", within_s=120)
            assert titles(server, 2) == [
                "[Triggered on {host:a}] Slow checkout",
                "[Recovered on {host:a}] Slow checkout",
            ]
            check_event_search(server, made.id)
    finally:
        shop.close()


def state_of(server: LrcpServer, id: int) -> str:
    with client_of(server) as client:
        return str(MonitorsApi(client).get_monitor(id, group_states="all").overall_state)


def check_event_search(server: LrcpServer, id: int) -> None:
    """The notifications are found by Datadog's client as events are."""
    with client_of(server) as client:
        found = EventsApi(client).list_events(filter_query=f"source:monitor monitor_id:{id}", filter_from="now-1h")
    assert len(found.data) == 2


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LrcpServer]:
    """A server as a new user has it, with the default pack."""
    with running_server(tmp_path_factory.mktemp("packed"), LRCP_MONITOR_PACK="default") as server:
        yield server


def test_a_new_installation_has_the_default_pack(packed: LrcpServer) -> None:
    with client_of(packed) as client:
        monitors = MonitorsApi(client).list_monitors()
        slos = ServiceLevelObjectivesApi(client).list_slos().data
        dashboards = DashboardsApi(client).list_dashboards().dashboards
    assert len(monitors) >= 33
    assert len({one.name for one in slos}) == 4
    assert len(dashboards) == 1
    assert all("pack:default" in one.tags for one in monitors)


def test_every_monitor_of_the_pack_is_evaluated_without_an_error(packed: LrcpServer) -> None:
    query = "SELECT uniqExact(monitor_id) AS n FROM monitor_evaluations"
    with client_of(packed) as client:
        count = len(MonitorsApi(client).list_monitors())
    wait_until(lambda: packed.sql(query)[0]["n"] >= count, "an evaluation of each", within_s=60)
    errors: list[dict[str, Any]] = packed.sql(
        "SELECT DISTINCT monitor_id, note FROM monitor_evaluations WHERE state = 'Unknown'"
    )
    assert errors == []

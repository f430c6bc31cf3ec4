"""`lrcp monitors list` and `why` before a real server's API."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from typer.testing import CliRunner

from lrcp.api.app import create_api
from lrcp.api.monitors.routes import monitor_router
from lrcp.cli.commands import app
from lrcp.kit.clock import SystemClock
from lrcp.model.monitor_state import Evaluation, State
from lrcp.model.monitor_tick import Change, MonitorEvaluation, MonitorStatus
from lrcp.store.state.leases import LeaseStore
from lrcp.store.state.monitor_states import MonitorStateStore
from lrcp.store.state.notifications import NotificationStore
from lrcp.store.state.resources import ResourceStore
from lrcp.store.state.store import StateStore, open_state
from tests.support.processes import free_port, wait_until

NOW_NS = SystemClock().now_ns()
NOW_S = NOW_NS // 10**9 // 10 * 10


class History:
    """Evaluations: OK for three ticks, then two in ALERT."""

    async def read(self, monitor_id: int, **_: int) -> list[MonitorEvaluation]:
        values = [1.0, 1.0, 1.0, 9.0, 9.0]
        found = [
            MonitorEvaluation(
                monitor_id=7,
                at_s=NOW_S - 10 * (len(values) - at),
                state=State.ALERT if value > 5 else State.OK,
                took_s=0.001,
                group_count=1,
                groups=(
                    Evaluation(
                        group="*", state=State.ALERT if value > 5 else State.OK, value=value, reason=f"{value} [of] 5"
                    ),
                ),
            )
            for at, value in enumerate(values)
        ]
        return found[::-1]


def fill(state: StateStore) -> None:
    resources = ResourceStore(state)
    document = {"name": "Slow [answers]", "type": "query alert", "query": "avg(last_1m):avg:a{*} > 5"}
    resources.create("monitor", document, now_ns=NOW_NS, id="7")
    resources.create("monitor", document | {"name": "New"}, now_ns=NOW_NS, id="8")
    lease = LeaseStore(state).acquire("monitors", "me", NOW_NS)
    assert lease is not None
    status = MonitorStatus(monitor_id=7, state=State.ALERT, evaluated_s=NOW_S, definition="d")
    MonitorStateStore(state).commit([Change(status=status)], lease=lease, now_ns=NOW_NS)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("list")
    state = open_state("", folder, now_ns=NOW_NS)
    fill(state)
    stores = (ResourceStore(state), MonitorStateStore(state), NotificationStore(state))
    router = monitor_router(*stores, History(), SystemClock())  # type: ignore[arg-type]
    api = create_api(None, {}, folder, routers=(router,))  # type: ignore[arg-type]
    number = free_port()
    server = uvicorn.Server(uvicorn.Config(api, host="127.0.0.1", port=number, log_level="warning"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    wait_until(lambda: server.started, "the server")
    yield number
    server.should_exit = True
    thread.join()
    state.close()


def invoke(port: int, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["monitors", *arguments, "--port", str(port)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_list_has_a_line_a_monitor_the_worst_first(port: int) -> None:
    lines = invoke(port, "list").splitlines()
    assert [line.split()[:2] for line in lines[1:]] == [["7", "Alert"], ["8", "waiting"]]
    assert lines[1].rstrip().endswith("Slow [answers]")


def test_the_list_can_be_narrowed_to_a_state(port: int) -> None:
    assert "New" not in invoke(port, "list", "--state", "alert")
    assert "no such monitors" in invoke(port, "list", "--state", "warn")


def test_why_shows_what_changed_and_where_it_began(port: int) -> None:
    shown = invoke(port, "why", "7")
    assert shown.count("9.0 [of] 5") == 2  # the newest, and the one that fired
    assert shown.count("1.0 [of] 5") == 1  # the oldest
    assert "1 group," in shown
    assert invoke(port, "why", "7", "--every").count("[of] 5") == 5

"""Two servers on one state database: one evaluates, the other takes over, and everything is told once in all."""

import json
import signal
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.lrcp_server import LrcpServer, plan_server
from tests.support.processes import PYTHON, running_process, wait_until

pytestmark = pytest.mark.e2e

MONITOR = {
    "name": "Slow checkout",
    "type": "query alert",
    "query": "avg(last_1m):avg:checkout.took{*} by {host} > 5",
    "message": "{{host.name}} takes {{value}} s.",
    "options": {"thresholds": {"critical": 5.0}},
}
USUAL, BAD, GOOD = 1.0, 1e9, -1e12
"""Each of the latter turns the average of a whole minute at once."""


@dataclass
class Pair:
    """Two servers, each with a store of its own; every metric is sent to both."""

    servers: list[LrcpServer]
    state_url: str
    stack: ExitStack
    children: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, which: int) -> None:
        server = self.servers[which]
        environ = server.environ() | {"LRCP_STATE_URL": self.state_url}
        log = server.data_dir.parent / "server.log"
        run = running_process([PYTHON, "-m", "lrcp", "serve"], environ, log, ready_url=f"{server.url}/health")
        self.children[which] = self.stack.enter_context(run)

    def end(self, which: int, by: signal.Signals) -> None:
        """Let one end, and wait until it has; its part of the stack finds it gone."""
        child = self.children.pop(which)
        child.send_signal(by)
        child.wait(timeout=20)

    def ask(self, which: int, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.servers[which].url}{path}", data=data, headers={"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            found: dict[str, Any] = json.load(reply)
        return found

    def state(self, which: int) -> str:
        (monitor,) = self.ask(which, "/api/monitors")["monitors"]
        return str(monitor["state"])

    def ticks(self, which: int) -> list[int]:
        """Unix seconds of the evaluations that a server has recorded."""
        query = "SELECT DISTINCT toInt64(toUnixTimestamp(time)) AS at_s FROM monitor_evaluations ORDER BY at_s"
        return [int(row["at_s"]) for row in self.servers[which].sql(query)]

    def told(self, which: int) -> list[str]:
        """Titles of the events that a server has of what monitors tell."""
        query = "SELECT title FROM events WHERE source = 'monitor' ORDER BY time"
        return [str(row["title"]) for row in self.servers[which].sql(query)]


class Shop(threading.Thread):
    """Tells every server how long a checkout took, every 200 ms, until it is closed."""

    def __init__(self, servers: list[LrcpServer]) -> None:
        super().__init__(daemon=True)
        self._ports = [server.dogstatsd_port for server in servers]
        self._closed = threading.Event()
        self.took_s = USUAL

    def run(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            while not self._closed.wait(0.2):
                for port in self._ports:
                    sender.sendto(f"checkout.took:{self.took_s}|g|#host:a".encode(), ("127.0.0.1", port))

    def close(self) -> None:
        self._closed.set()
        self.join()


@pytest.fixture
def state_url(postgres_url: str) -> str:
    """An empty database, as other tests leave theirs full."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE two_servers")
    return postgres_url.removesuffix("/postgres") + "/two_servers"


@pytest.fixture
def pair(state_url: str, tmp_path: Path) -> Iterator[Pair]:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with ExitStack() as stack:
        pair = Pair([plan_server(folder) for folder in folders], state_url, stack)
        pair.start(0)
        pair.start(1)
        yield pair


def test_one_of_two_servers_evaluates_and_the_other_takes_over(pair: Pair) -> None:
    """Stopped: at once. Killed in the middle of an alert: when the lease is over. What is told is told once in all."""
    shop = Shop(pair.servers)
    shop.start()
    try:
        pair.ask(0, "/api/v1/monitor", MONITOR)
        wait_until(lambda: "OK" in (pair.state(0), pair.state(1)), "the first evaluation", within_s=120)
        assert (pair.state(0), pair.state(1)) == ("OK", "OK")
        first, second = (0, 1) if pair.ticks(0) else (1, 0)
        assert pair.ticks(second) == []
        assert [pair.ask(which, "/health")["status"] for which in (0, 1)] == ["ok", "ok"]

        shop.took_s = BAD
        pair.end(first, signal.SIGTERM)
        wait_until(lambda: bool(pair.ticks(second)), "the other to take over from one that stopped", within_s=25)
        pair.start(first)
        wait_until(lambda: bool(pair.told(second)), "the alert", within_s=25)
        assert pair.state(first) == pair.state(second) == "Alert"
        pair.end(second, signal.SIGKILL)
        before = len(pair.ticks(first))
        wait_until(lambda: len(pair.ticks(first)) > before, "the other to take over from one that was killed")
        assert pair.state(first) == "Alert"
        shop.took_s = GOOD
        wait_until(lambda: bool(pair.told(first)), "the recovery")

        pair.start(second)
        assert pair.told(second) == ["[Triggered on {host:a}] Slow checkout"]
        assert pair.told(first) == ["[Recovered on {host:a}] Slow checkout"]
        assert not set(pair.ticks(first)) & set(pair.ticks(second))
        assert [pair.ask(which, "/health")["status"] for which in (0, 1)] == ["ok", "ok"]
    finally:
        shop.close()

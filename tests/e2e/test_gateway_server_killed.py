"""The server killed with kill -9 while the gateway works, and back: no span is lost within the bound, and past it each is counted."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from lrcp.gateway.config import TelemetryConfig
from tests.support.gateway_thread import RunningGateway, running_gateway
from tests.support.http_thread import serving
from tests.support.lrcp_server import LrcpServer, plan_server
from tests.support.processes import PYTHON, running_process, wait_until
from tests.support.wayward_upstream import Wayward

pytestmark = pytest.mark.e2e

ASK: Any = [{"role": "user", "content": "What shall I do?"}]
SPANS_PER_REQUEST = 2  # the exchange's and its one try's


class Asker(threading.Thread):
    """Asks through the official client until it is told to stop; keeps the trace of each answer."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self._client = openai.OpenAI(base_url=f"{url}/v1", api_key="sk-none", max_retries=0)
        self.traces: list[str] = []
        self.failure: openai.APIError | None = None
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.wait(0.01):
            try:
                reply = self._client.chat.completions.with_raw_response.create(model="plain", messages=ASK)
            except openai.APIError as error:
                self.failure = error
                return
            self.traces.append(reply.headers["x-lrcp-trace-id"])

    def wait_for_more(self, count: int) -> None:
        wanted = len(self.traces) + count
        wait_until(lambda: len(self.traces) >= wanted or self.failure is not None, f"{count} more answers")
        assert self.failure is None

    def stop(self) -> list[str]:
        self.enough.set()
        self.join(timeout=30)
        return self.traces


@contextmanager
def server_process(server: LrcpServer, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    argv = [PYTHON, "-m", "lrcp", "serve"]
    with running_process(argv, server.environ(), log, ready_url=f"{server.url}/health") as process:
        yield process


@contextmanager
def gateway_before(server: LrcpServer, **bounds: int) -> Iterator[RunningGateway]:
    telemetry = TelemetryConfig(url=f"{server.otlp_http_url}/v1/traces", flush_interval_s=0.02, **bounds)  # type: ignore[arg-type]
    with serving(Wayward().build()) as upstream_url, running_gateway(upstream_url, telemetry=telemetry) as gateway:
        yield gateway


def telemetry_of(gateway: RunningGateway) -> dict[str, Any]:
    told: dict[str, Any] = gateway.health()["telemetry"]
    return told


def stored(server: LrcpServer) -> dict[str, int]:
    """How many spans of each trace the server has, each operation counted once and shown to be there once."""
    query = "SELECT trace_id, count() AS n, uniqExact(span_id) AS different FROM spans GROUP BY trace_id"
    rows = server.sql(query)
    assert all(row["n"] == row["different"] for row in rows), "a span is there twice"
    return {row["trace_id"]: int(row["different"]) for row in rows}


def test_a_server_that_is_killed_and_comes_back_has_every_span_once(tmp_path: Path) -> None:
    server, log = plan_server(tmp_path), tmp_path / "server.log"
    with gateway_before(server) as gateway:
        asker = Asker(gateway.url)
        with server_process(server, log) as process:
            asker.start()
            asker.wait_for_more(30)
            os.killpg(process.pid, signal.SIGKILL)
            asker.wait_for_more(30)
        with server_process(server, log):
            asker.wait_for_more(30)
            traces = asker.stop()
            wait_until(lambda: telemetry_of(gateway)["waiting"] == 0, "the gateway to deliver what waits")
            assert stored(server) == dict.fromkeys(traces, SPANS_PER_REQUEST)
            told = telemetry_of(gateway)
    assert (told["dropped"], told["refused"]) == (0, 0)


def test_past_the_bound_the_oldest_spans_give_way_and_are_counted(tmp_path: Path) -> None:
    server, log = plan_server(tmp_path), tmp_path / "server.log"
    with gateway_before(server, max_spans=20, batch_spans=4) as gateway:
        asker = Asker(gateway.url)
        with server_process(server, log) as process:
            os.killpg(process.pid, signal.SIGKILL)
            asker.start()
            asker.wait_for_more(60)
            traces = asker.stop()
            wait_until(lambda: telemetry_of(gateway)["dropped"] > 0, "spans to give way")
        with server_process(server, log):
            wait_until(lambda: telemetry_of(gateway)["waiting"] == 0, "the gateway to deliver what waits")
            there, told = stored(server), telemetry_of(gateway)
    assert sum(there.values()) + told["dropped"] == len(traces) * SPANS_PER_REQUEST
    assert sum(there.values()) == told["sent"] <= 20 + 4
    assert set(traces[-10:]) <= there.keys()

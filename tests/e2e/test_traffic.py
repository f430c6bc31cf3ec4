"""The traffic generator, against the real reference application, which comes late, goes away and comes back."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.model_server import ModelServer
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, stop, wait_until
from tests.support.reference_app import running_reference_app

pytestmark = pytest.mark.e2e
PROGRAM = """
import sys
from lrcp.traffic.run import TrafficOptions, run_traffic
port, rate, duration_s = sys.argv[1:]
url = f"http://127.0.0.1:{port}"
sys.exit(run_traffic(TrafficOptions(rate=float(rate), duration_s=float(duration_s), url=url)))
"""


class Traffic:
    """A traffic generator as a child process; its output goes to a file."""

    def __init__(self, log: Path, *args: object) -> None:
        self.log = log
        with log.open("wb") as output:
            self.child = subprocess.Popen(
                [PYTHON, "-u", "-c", PROGRAM, *map(str, args)],
                env=clean_environ(PYTHONPATH=str(ROOT / "src")),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.log.read_text()

    def wait(self) -> int:
        return self.child.wait(timeout=60)

    def summary(self) -> dict[str, int]:
        found = re.search(r"done: sent (\d+)  ok (\d+)", self.said())
        assert found, self.said()
        return {"sent": int(found[1]), "ok": int(found[2])}


@pytest.fixture
def traffic_log(tmp_path: Path) -> Path:
    return tmp_path / "traffic.log"


def test_it_sends_for_its_duration_and_sums_up(model_server: ModelServer, tmp_path: Path, traffic_log: Path) -> None:
    agent_url = f"http://127.0.0.1:{free_port()}"
    with running_reference_app(tmp_path, gateway_url=model_server.url, agent_url=agent_url) as app:
        traffic = Traffic(traffic_log, app.url.rsplit(":", 1)[1], 30, 3)
        assert traffic.wait() == 0
    summary = traffic.summary()
    assert summary["ok"] == summary["sent"] > 10
    assert {request.path for request in model_server.requests} == {"/v1/chat/completions"}


def test_it_waits_for_an_application_that_comes_late_and_outlives_its_absence(
    model_server: ModelServer, tmp_path: Path, traffic_log: Path
) -> None:
    port, agent_url = free_port(), f"http://127.0.0.1:{free_port()}"
    traffic = Traffic(traffic_log, port, 20, 0)
    try:
        wait_until(lambda: "waiting for" in traffic.said(), "it says that it waits")
        for _ in range(2):
            seen = len(model_server.requests)
            with running_reference_app(
                tmp_path, gateway_url=model_server.url, agent_url=agent_url, LRCP_APP_PORT=str(port)
            ):
                wait_until(lambda seen=seen: len(model_server.requests) >= seen + 5, "requests arrive")  # type: ignore[misc]
            assert traffic.child.poll() is None
        traffic.child.send_signal(signal.SIGINT)
        assert traffic.wait() == 0
    finally:
        stop(traffic.child)
    assert traffic.summary()["ok"] >= 10
    assert "application down" in traffic.said()
    assert "Traceback" not in traffic.said()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_while_it_waits(traffic_log: Path, number: signal.Signals) -> None:
    traffic = Traffic(traffic_log, free_port(), 1, 0)
    wait_until(lambda: "waiting for" in traffic.said(), "it says that it waits")
    traffic.child.send_signal(number)
    assert traffic.wait() == 0
    assert traffic.summary() == {"sent": 0, "ok": 0}

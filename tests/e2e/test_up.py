"""`lrcp up`, whole: every process starts, comes back when it dies, and is gone at the end."""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import stop, wait_until
from tests.support.up import TCP, Up

pytestmark = pytest.mark.e2e


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    running = Up(tmp_path)
    yield running
    stop(running.process)


def test_everything_becomes_ready_and_ctrl_c_ends_it(up: Up) -> None:
    up.until_said(r"ready +traffic")
    said = up.said()
    assert [name for name in ("server", "model", "gateway", "app", "traffic") if f"ready    {name} " not in said] == []
    assert f"Open http://127.0.0.1:{up.ports['port']}" in said
    os.kill(up.process.pid, signal.SIGINT)
    assert up.process.wait(timeout=120) == 0, up.said()
    stopped = re.findall(r"^(?:stopped|killed) +(\w+)", up.said(), re.MULTILINE)
    assert stopped == ["traffic", "app", "gateway", "model", "server"]
    assert [name for name in TCP if _is_open(up.ports[name])] == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="finds the children in /proc")
def test_a_process_that_is_killed_comes_back(up: Up) -> None:
    up.until_said("Open http")
    os.kill(up.child("gateway"), signal.SIGKILL)
    up.until_said(r"died +gateway +was ended by SIGKILL; starting it again in 0\.5 s")
    up.until_said(r"(?s)died +gateway.*ready +gateway")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel tells the children: Linux")
def test_nothing_is_left_when_lrcp_up_itself_is_killed(up: Up) -> None:
    up.until_said("Open http")
    up.process.kill()
    up.process.wait()
    wait_until(lambda: not any(_is_open(up.ports[name]) for name in TCP), "the end of every process")


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0

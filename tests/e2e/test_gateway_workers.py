"""`lrcp gateway --workers N`: several processes on one port, as a user runs them."""

import json
import os
import signal
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.support.http_thread import serving
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process, stop, wait_until
from tests.support.wayward_upstream import WORDS, Wayward

ASK: Any = [{"role": "user", "content": "When does the bus go?"}]


class Workers:
    def __init__(self, url: str, process: Any, upstream: Wayward) -> None:
        self.url, self.process, self.upstream = url, process, upstream

    def client(self) -> openai.OpenAI:
        return openai.OpenAI(base_url=f"{self.url}/v1", api_key="k", max_retries=0)

    def pids(self, asked: int = 40) -> set[int]:
        """The processes that answer; each connection may reach another."""
        return {self._health()["pid"] for _ in range(asked)}

    def _health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/health", timeout=10) as reply:
            told: dict[str, Any] = json.load(reply)
        return told


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    upstream, port = Wayward(), free_port()
    with serving(upstream.build()) as upstream_url:
        environ = clean_environ(
            PYTHONPATH=str(ROOT / "src"),
            LRCP_GATEWAY_PORT=str(port),
            LRCP_UPSTREAM="url",
            LRCP_UPSTREAM_URL=f"{upstream_url}/v1",
            LRCP_OTLP_HTTP_PORT="0",
            LRCP_DATA_DIR=str(tmp_path / "data"),
        )
        arguments = [PYTHON, "-m", "lrcp", "gateway", "--workers", "2"]
        with running_process(arguments, environ, tmp_path / "gateway.log") as process:
            known = Workers(f"http://127.0.0.1:{port}", process, upstream)
            wait_until(lambda: _answers(known) and len(known.pids()) == 2, "both workers to answer", within_s=60)
            yield known


def _answers(workers: Workers) -> bool:
    try:
        return bool(workers.pids())
    except OSError:
        return False


def test_a_worker_that_is_killed_is_started_again(workers: Workers) -> None:
    before = workers.pids()
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: _answers(workers) and bool(workers.pids() - before), "another worker", within_s=60)
    for _ in range(10):
        assert workers.client().chat.completions.create(model="plain", messages=ASK).choices


def test_sigterm_finishes_the_streams_of_all_workers(workers: Workers) -> None:
    streams = [workers.client().chat.completions.create(model="pauses", messages=ASK, stream=True) for _ in range(8)]
    for stream in streams:
        assert next(stream).choices[0].delta.content == WORDS[0]
    workers.process.send_signal(signal.SIGTERM)
    rest: list[list[str | None]] = []

    def read(stream: Any) -> None:
        rest.append([chunk.choices[0].delta.content for chunk in stream])

    readers = [threading.Thread(target=read, args=(stream,)) for stream in streams]
    for reader in readers:
        reader.start()
    workers.upstream.may_go_on.set()
    for reader in readers:
        reader.join(timeout=60)
    stop(workers.process)
    assert workers.process.returncode == 0
    assert rest == [[WORDS[1]]] * 8


def test_a_port_that_another_program_has_is_said(workers: Workers, tmp_path: Path) -> None:
    with serving(Wayward().build()) as taken:
        environ = clean_environ(PYTHONPATH=str(ROOT / "src"), LRCP_GATEWAY_PORT=taken.rsplit(":", 1)[1])
        log = tmp_path / "second.log"
        arguments = [PYTHON, "-m", "lrcp", "gateway", "--workers", "2"]
        with running_process(arguments, environ, log) as process:
            assert process.wait(timeout=60) != 0
        assert "set LRCP_GATEWAY_PORT" in log.read_text()

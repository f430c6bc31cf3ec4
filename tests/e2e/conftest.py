"""What the end-to-end tests share: the real server, a model to ask, Datadog's test agent, and a way to run a program."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.ddapm import DdapmAgent, running_test_agent
from tests.support.lrcp_server import LrcpServer, running_server
from tests.support.model_server import ModelServer, running_model_server
from tests.support.processes import PYTHON, clean_environ

CLIENTS = Path(__file__).parent / "clients"
RunClient = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LrcpServer]:
    """One server for all tests that tell their rows apart by service."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def test_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DdapmAgent]:
    with running_test_agent(tmp_path_factory.mktemp("ddapm")) as running:
        yield running


@pytest.fixture
def model_server() -> Iterator[ModelServer]:
    with running_model_server() as running:
        yield running


@pytest.fixture(scope="session")
def run_client() -> RunClient:
    """Run a program of tests/e2e/clients to its end and return what it printed, which is one JSON object.

    run_client("name.py", "arg", traced=True, NAME="value"): `traced` starts it under ddtrace-run.
    """

    def run(program: str, *args: str, traced: bool = False, **variables: str) -> dict[str, Any]:
        start = [str(Path(PYTHON).with_name("ddtrace-run"))] if traced else []
        argv = [*start, PYTHON, str(CLIENTS / program), *args]
        done = subprocess.run(argv, env=clean_environ(**variables), capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{program} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        printed: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return printed

    return run

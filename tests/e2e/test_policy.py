"""The policy between real processes: `lrcp policy` puts it, the server keeps it, the gateway follows it."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.lrcp_server import LrcpServer, running_server
from tests.support.processes import PYTHON, ROOT, clean_environ, free_port, running_process, wait_until

pytestmark = pytest.mark.e2e

ROUTES = "routes:\n- name: chat\n  models: [chat]\n  targets:\n  - {to: local/small}\n"


def lrcp(server: LrcpServer, *arguments: str, stdin: str = "", code: int = 0) -> str:
    """What `lrcp policy ...` prints, on both outputs."""
    environ = clean_environ(PYTHONPATH=str(ROOT / "src"), LRCP_PORT=str(server.port), COLUMNS="160")
    command = [PYTHON, "-m", "lrcp", "policy", *arguments]
    done = subprocess.run(command, input=stdin, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@contextmanager
def gateway_on(data_dir: Path, log: Path) -> Iterator[str]:
    """URL of a gateway process that shares a data folder with a server."""
    port = free_port()
    environ = clean_environ(
        PYTHONPATH=str(ROOT / "src"), LRCP_GATEWAY_PORT=str(port), LRCP_DATA_DIR=str(data_dir), LRCP_OTLP_HTTP_PORT="0"
    )
    url = f"http://127.0.0.1:{port}"
    with running_process([PYTHON, "-m", "lrcp", "gateway"], environ, log, ready_url=f"{url}/health"):
        yield url


def policy_of(gateway: str) -> Any:
    with urllib.request.urlopen(f"{gateway}/health", timeout=5) as reply:
        return json.loads(reply.read())["policy"]


def test_a_policy_that_is_applied_is_what_the_gateways_obey_also_after_a_restart_alone(tmp_path: Path) -> None:
    with (
        running_server(tmp_path) as server,
        gateway_on(server.data_dir, tmp_path / "g1.log") as one,
        gateway_on(server.data_dir, tmp_path / "g2.log") as two,
    ):
        said = lrcp(server, "apply", "-", "-m", "a first route", "--author", "ann", stdin=ROUTES)
        assert "policy 1 is in force, by ann: a first route" in said
        for gateway in (one, two):
            wait_until(lambda gateway=gateway: policy_of(gateway)["version"] == 1, "the policy")  # type: ignore[misc]
        kept = server.data_dir / "gateway-policy.json"
        wait_until(kept.exists, "the policy on disk")
    for leftover in server.data_dir.glob("state.db*"):
        leftover.unlink()
    with gateway_on(server.data_dir, tmp_path / "g3.log") as alone:
        assert policy_of(alone)["version"] == 1


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LrcpServer]:
    with running_server(tmp_path_factory.mktemp("policy-server")) as running:
        yield running


def test_what_is_shown_can_be_changed_and_applied(server: LrcpServer, tmp_path: Path) -> None:
    lrcp(server, "apply", "-", "-m", "routes", stdin=ROUTES)
    file = tmp_path / "policy.yaml"
    file.write_text(lrcp(server, "show").replace("local/small", "local/large"))
    said = lrcp(server, "apply", str(file), "-m", "larger")
    assert "$.routes[name=chat].targets[0].to" in said
    assert '+ "local/large"' in said
    assert '- "local/small"' in lrcp(server, "diff")
    assert json.loads(lrcp(server, "show", "--json"))["reason"] == "larger"


def test_a_bad_document_is_told_place_by_place_and_changes_nothing(server: LrcpServer) -> None:
    before = lrcp(server, "show", "--json")
    for command in (("check", "-"), ("apply", "-", "-m", "oops")):
        said = lrcp(server, *command, stdin="routes:\n- name: r\n  models: [m]\n  targets: [{to: nowhere/x}]\n", code=1)
        assert "line 4" in said
        assert "routes[0].targets[0].to" in said
        assert "Traceback" not in said
    assert lrcp(server, "show", "--json") == before


def test_the_way_back_and_the_history_of_it(server: LrcpServer) -> None:
    lrcp(server, "apply", "-", "-m", "nothing at all", stdin="{}")
    version = json.loads(lrcp(server, "show", "--json"))["version"]
    lrcp(server, "apply", "-", "-m", "for a while", "--expires", "30m", "--incident", "inc-9", stdin=ROUTES)
    said = lrcp(server, "rollback", str(version), "-m", "not so good", "--expected", str(version + 1))
    assert f"policy {version + 2} is in force" in said
    history = lrcp(server, "history")
    assert history.index("not so good") < history.index("for a while") < history.index("nothing at all")
    assert "inc-9" in history
    assert "version" in lrcp(server, "rollback", "1", "-m", "late", "--expected", "1", code=1)


def test_a_dry_run_and_the_schema_are_there(server: LrcpServer) -> None:
    assert "0 of 0" in lrcp(server, "dry-run", "-", "--since", "2h", stdin=ROUTES)
    assert json.loads(lrcp(server, "schema"))["$defs"]["Route"]["type"] == "object"


def test_without_a_server_the_command_says_how_to_start_one(server: LrcpServer) -> None:
    said = lrcp(server, "show", "--port", str(free_port()), code=2)
    assert "lrcp serve" in said

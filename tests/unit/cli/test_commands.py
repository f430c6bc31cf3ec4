"""The `lrcp` command as a person uses it: its own process, its output, its exit code."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lrcp import __version__
from lrcp.cli.duration import parse_duration
from lrcp.model.errors import SettingsError
from tests.support.processes import ROOT, clean_environ, free_port

COMMANDS = ["up", "serve", "gateway", "model", "app", "traffic", "policy", "doctor", "version"]
HEAVY = {
    "aiohttp",
    "alembic",
    "chdb",
    "clickhouse_connect",
    "ddtrace",
    "fastapi",
    "numpy",
    "openai",
    "pyarrow",
    "sqlalchemy",
}


def lrcp(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = clean_environ(PYTHONPATH=str(ROOT / "src"), COLUMNS="120", **variables)
    command = [sys.executable, "-m", "lrcp", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, timeout=120, check=False)


def test_help_lists_every_command() -> None:
    said = lrcp("--help")
    assert said.returncode == 0
    assert [name for name in COMMANDS if f" {name} " not in said.stdout] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    said = lrcp(command, "--help")
    assert said.returncode == 0
    assert f"lrcp {command}" in said.stdout


def test_version_is_the_package_s() -> None:
    assert lrcp("version").stdout == f"{__version__}\n"


def test_the_command_starts_without_what_its_commands_need() -> None:
    code = "import lrcp.cli.commands, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    environ = clean_environ(PYTHONPATH=str(ROOT / "src"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_a_wrong_setting_is_told_in_one_line_and_with_code_2() -> None:
    said = lrcp("gateway", LRCP_GATEWAY_PORT="many")
    assert said.returncode == 2
    assert said.stderr == "lrcp: LRCP_GATEWAY_PORT='many' is not a valid int\n"


def test_an_unknown_traffic_profile_is_told_with_those_there_are() -> None:
    said = lrcp("traffic", "--profile", "storm")
    assert said.returncode == 2
    assert "'storm'" in said.stderr
    assert "quality-drop" in said.stderr


def test_up_refuses_a_taken_port_before_it_starts_anything(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        others = [
            f"--{name}={free_port()}" for name in ("port", "app-port", "model-port", "agent-port", "otlp-http-port")
        ]
        said = lrcp(
            "up",
            *others,
            "--otlp-grpc-port=0",
            "--dogstatsd-port=0",
            f"--gateway-port={port}",
            f"--data-dir={tmp_path / 'd'}",
        )
    assert said.returncode == 2
    assert f"gateway: port {port}/tcp is taken by " in said.stderr
    assert "--gateway-port or LRCP_GATEWAY_PORT" in said.stderr
    assert not (tmp_path / "d").exists()


def test_without_the_server_s_packages_the_command_says_how_to_get_them(tmp_path: Path) -> None:
    # An interpreter without site-packages: what `pip install lrcp` alone gives.
    environ = clean_environ(PYTHONPATH=str(ROOT / "src"))
    done = subprocess.run(
        [sys.executable, "-S", "-m", "lrcp", "up"],
        capture_output=True,
        text=True,
        env=environ,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert "pip install 'lrcp[server]'" in done.stderr


@pytest.mark.parametrize(
    ("text", "seconds"), [("0", 0), ("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1d", 86400)]
)
def test_a_duration_is_read_in_its_unit(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "5 weeks", "-3", "1e3", "m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="duration"):
        parse_duration(text)

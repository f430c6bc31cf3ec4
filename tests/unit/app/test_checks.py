"""What `lrcp doctor` finds, on this machine and on settings that cannot be met."""

import http.server
import socket
import threading
from dataclasses import fields
from pathlib import Path

import pytest

from lrcp.app import checks
from lrcp.app.checks import Finding, find_all
from lrcp.app.settings import Settings
from lrcp.cli.doctor import run_doctor
from tests.support.processes import free_port


def all_free(**ports: int) -> Settings:
    """Settings whose ports are free, but for those given."""
    names = [field.name for field in fields(Settings) if field.name == "port" or field.name.endswith("_port")]
    return Settings(**{name: free_port() for name in names} | ports)  # type: ignore[arg-type]


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings}


def test_what_the_tests_run_on_is_complete() -> None:
    found = by_name(
        checks.check_python(Settings()) + checks.check_packages(Settings()) + checks.check_engine(Settings())
    )
    assert [f for f in found.values() if f.verdict != "ok"] == []
    assert {"packages of lrcp[server]", "packages of lrcp[local]", "telemetry store"} <= found.keys()


def test_every_finding_that_is_not_ok_says_what_to_do() -> None:
    assert [finding for finding in find_all(Settings()) if (finding.verdict == "ok") == bool(finding.fix)] == []


def test_a_data_folder_that_cannot_be_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = by_name(checks.check_data_dir(Settings(data_dir=tmp_path / "file" / "data")))
    assert found["data folder"].verdict == "missing"
    assert "LRCP_DATA_DIR" in found["data folder"].fix


def test_a_data_folder_that_does_not_exist_yet_is_ok(tmp_path: Path) -> None:
    found = by_name(checks.check_data_dir(Settings(data_dir=tmp_path / "a" / "b")))
    assert found["data folder"].verdict == "ok"
    assert not (tmp_path / "a").exists()


def test_a_taken_port_is_missing_with_the_option_to_change_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = by_name(checks.check_ports(all_free(app_port=port)))
    assert found[f"port {port}"].verdict == "missing"
    assert "--app-port" in found[f"port {port}"].fix


def test_a_process_of_ours_that_answers_is_running_not_in_the_way() -> None:
    class Healthy(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Healthy) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        [finding] = checks.check_ports(all_free(app_port=server.server_port))
        server.shutdown()
        thread.join()
    assert (finding.verdict, finding.detail.split(";")[0]) == ("ok", "app running")


def test_keys_are_said_to_be_set_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    settings = Settings(upstream="openai", upstream_key="", state_url="postgresql://u:hunter2@h/d")
    assert by_name(checks.check_keys(settings))["OPENAI_API_KEY"].verdict == "ok"
    run_doctor(settings)
    assert "hunter2" not in capsys.readouterr().out


def test_the_key_of_the_upstream_is_needed_the_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    found = by_name(checks.check_keys(Settings(upstream="gemini")))
    assert (found["GEMINI_API_KEY"].verdict, found["OPENAI_API_KEY"].verdict) == ("missing", "optional")
    found = by_name(checks.check_keys(Settings(upstream="gemini", upstream_key="given")))
    assert found["GEMINI_API_KEY"].verdict == "optional"


def test_the_local_model_is_needed_only_as_the_upstream() -> None:
    [finding] = checks.check_model(Settings())
    assert finding.verdict == "ok"
    assert "MB" in finding.detail


def test_something_missing_is_the_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run_doctor(Settings(data_dir=tmp_path / "file" / "data")) == 1
    assert "missing: " in capsys.readouterr().out


def test_a_clickhouse_server_needs_no_engine_in_process() -> None:
    [finding] = checks.check_engine(Settings(store_dsn="clickhouse://host"))
    assert (finding.verdict, finding.detail) == ("ok", "a ClickHouse server, by LRCP_STORE_DSN")

"""Running cases: what fails is shown with what was there instead, and told in every form."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from lrcp.cli.commands import app
from lrcp.monitors.lab.case import CaseResult, Failure
from lrcp.monitors.lab.report import failure_lines
from lrcp.monitors.lab.suite import run_cases

MONITOR = """
monitor:
  name: "CPU of {{host.name}}"
  query: "avg(last_1m):avg:cpu{*} by {host} > 60"
  message: "at {{value}} @ops"
  options: {thresholds: {critical: 60, warning: 40}, renotify_interval: 2}
series: ["gauge cpu{host:a} 10*2m 90*6m", "gauge cpu{host:b} 10*8m"]
"""


def run(folder: Path, expect: str, more: str = "") -> CaseResult:
    (folder / "x.yaml").write_text(f"{MONITOR}{more}\nuntil: 8m\nexpect:\n  - {expect}\n")
    (result,) = run_cases([folder / "x.yaml"])
    return result


DOWNTIME = (
    "downtimes: [{id: quiet, scope: 'host:a', schedule: {start: 2026-01-05T00:00:00Z, end: 2026-01-05T00:05:00Z}}]"
)

HOLDS = [
    ("at 2m host:a OK 10", ""),
    ("at 8m host:a ALERT ~90.5", ""),
    ("from 4m to 8m host:a ALERT", ""),
    ("at 2m5s host:b OK", ""),
    ("at 2m host:c ABSENT", ""),
    ("at 8m overall ALERT", ""),
    ("notifies from 2m to 3m host:a warn", ""),
    ("notifies from 2m to 3m host:a warning_to_alert", ""),
    ("notifies from 4m to 8m host:a renotify", ""),
    ("notifies 2 times from 0m to 3m", ""),
    ("notifies 0 times host:b", ""),
    ("silent from 0m to 2m", ""),
    ("silent host:b alert", ""),
    ('{notifies: "from 2m to 3m host:a alert", handles: ops, contains: ["at 6"], lacks: [never], muted: false}', ""),
    ('{notifies: "from 2m to 3m host:a alert", muted: quiet}', DOWNTIME),
    ('{notifies: "from 2m to 3m host:a alert", muted: true}', DOWNTIME),
    ("silent from 0m to 4m50s", DOWNTIME),
    ("notifies at 5m host:a alert", DOWNTIME),
    ('{notifies: "from 2m to 3m host:a alert", handles: "@ops @team"}', "rules: [{filter: {scope: 'host:a'}, recipients: [team]}]"),
]  # fmt: skip


@pytest.mark.parametrize(("expect", "more"), HOLDS)
def test_what_is_so_passes(tmp_path: Path, expect: str, more: str) -> None:
    assert run(tmp_path, expect, more).failures == ()


FAILS = [
    ("at 2m host:a ALERT", "OK 10"),
    ("at 8m host:a ALERT 80", "ALERT 90"),
    ("from 0m to 8m host:a OK", "no such group at 0s (and at"),
    ("at 2m host:c OK", "no such group"),
    ("at 2m host:a ABSENT", "OK 10"),
    ("at 8m overall OK", "ALERT"),
    ("notifies at 1m host:a alert", "another notification, or none at that time"),
    ("notifies from 0m to 8m host:b alert", "another notification, or none at that time"),
    ('{notifies: "from 2m to 3m host:a alert", title: x}', "the title is '[Triggered on {host:a}] CPU of a'"),
    ('{notifies: "from 2m to 3m host:a alert", contains: [xyz]}', "'xyz' is not in"),
    ('{notifies: "from 2m to 3m host:a alert", lacks: [ops]}', "'ops' is in"),
    ('{notifies: "from 2m to 3m host:a alert", handles: []}', "it calls @ops"),
    ('{notifies: "from 2m to 3m host:a alert", priority: P1}', "the priority is None"),
    ('{notifies: "from 2m to 3m host:a alert", muted: true}', "it is not muted"),
    ("silent from 0m to 8m", "told 4 times"),
    ("notifies 9 times", "told 4 times"),
    ("refused", "it is taken"),
]


@pytest.mark.parametrize(("expect", "got"), FAILS)
def test_what_is_not_so_fails_and_says_what_is(tmp_path: Path, expect: str, got: str) -> None:
    (failure,) = run(tmp_path, expect).failures
    assert got in failure.got


def test_a_failure_shows_what_the_group_went_through(tmp_path: Path) -> None:
    (failure,) = run(tmp_path, "at 8m host:a OK").failures
    assert failure.why.startswith("90 > 60 critical")
    assert [line.split()[:4] for line in failure.timeline] == [
        ["10s", "OK", "10", "10"],
        ["2m30s", "OK", "->", "WARN"],
        ["2m40s", "WARN", "->", "ALERT"],
    ]


def test_two_expectations_need_two_notifications(tmp_path: Path) -> None:
    line = "notifies from 2m to 3m host:a alert"
    (failure,) = run(tmp_path, f"{line}\n  - {line}").failures
    assert failure.got == "told only once, and expected before already"


def test_a_definition_that_is_refused_fails_its_case(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("monitor: {query: 'avg(last_5m):avg:a{* > 1'}\nexpect: [at 1m * OK]")
    (result,) = run_cases([tmp_path])
    assert "refused: " in result.failures[0].got
    assert len(result.failures) == 1


def test_progress_is_told_after_each_case(tmp_path: Path) -> None:
    cases = "".join(f"\n  - name: n{number}\n    expect: [at 1m host:a OK]" for number in range(3))
    (tmp_path / "x.yaml").write_text(
        MONITOR.replace("series:", "cases_series:").split("cases_series")[0] + f"cases:{cases}"
    )
    seen: list[tuple[int, int, str]] = []
    run_cases([tmp_path], progress=lambda done, whole, result: seen.append((done, whole, result.name)))
    assert seen == [(1, 3, "n0"), (2, 3, "n1"), (3, 3, "n2")]
    assert len(run_cases([tmp_path], only="n1")) == 1


def test_the_command_tells_in_words_in_json_and_in_junit(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(f"{MONITOR}\nexpect: [at 2m host:a ALERT]")
    (tmp_path / "good.yaml").write_text(f"{MONITOR}\nexpect: [at 2m host:a OK]")
    (tmp_path / "broken.yaml").write_text("monitor: x\nexpect: [at]")
    junit = tmp_path / "out.xml"
    shown = CliRunner().invoke(app, ["monitors", "test", str(tmp_path), "--junit", str(junit)])
    assert shown.exit_code == 1
    assert "1 case passed, 2 failed" in shown.stdout
    assert "got       OK 10" in shown.stdout
    root = ElementTree.fromstring(junit.read_text())
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "1", "1")
    found = json.loads(CliRunner().invoke(app, ["monitors", "test", str(tmp_path), "--json"]).stdout)
    assert (found["passed"], found["failed"]) == (1, 2)
    assert found["cases"][0]["failures"][0]["got"] == "OK 10"
    good = CliRunner().invoke(app, ["monitors", "test", str(tmp_path / "good.yaml")])
    assert good.exit_code == 0
    nothing = CliRunner().invoke(app, ["monitors", "test", str(tmp_path / "good.yaml"), "-k", "nothing"])
    assert nothing.exit_code == 2


def test_an_error_is_shown_with_its_place() -> None:
    assert list(failure_lines(CaseResult(path="a", name="n", line=3, error="one\ntwo"))) == ["a:3", "  one", "  two"]
    failure = Failure(line=5, expected="x", got="y", why="z", timeline=("t",))
    lines = list(failure_lines(CaseResult(path="a", name="n", failures=(failure,))))
    assert lines == ["a:5", "  expected  x", "  got       y", "  why       z", "            t"]

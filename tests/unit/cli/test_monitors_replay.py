"""`lrcp monitors replay` over files, as a user runs it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from lrcp.cli.commands import app
from lrcp.model.errors import InputError

START_S = 1_790_000_040 // 60 * 60
SLOW = {
    "name": "Slow",
    "type": "query alert",
    "query": "avg(last_5m):avg:checkout.latency{*} by {host} > 5",
    "options": {"thresholds": {"critical": 5}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A history of two hours in which host b is slow for half an hour, a definition, and two marked incidents."""
    rows = ["time,value,host"]
    for minute in range(120):
        for host in "ab":
            rows.append(f"{START_S + minute * 60},{9 if host == 'b' and 30 <= minute < 60 else 1},{host}")
    rows.append("yesterday,1,a")
    (tmp_path / "history.csv").write_text("\n".join(rows))
    (tmp_path / "slow.json").write_text(json.dumps(SLOW))
    marks = [f"{START_S + 1800},{START_S + 3600},outage", f"{START_S + 6000},{START_S + 6060},hidden"]
    (tmp_path / "incidents.csv").write_text("\n".join(["start,end,name", *marks]))
    return tmp_path


def invoke(folder: Path, *more: str) -> Result:
    given = ["--since", "all", "--file", f"{folder}/slow.json", "--history", f"checkout.latency={folder}/history.csv"]
    return CliRunner().invoke(app, ["monitors", "replay", *given, *more])


def test_the_history_of_a_file_is_replayed_and_scored(folder: Path) -> None:
    done = invoke(folder, "--incidents", f"{folder}/incidents.csv")
    assert done.exit_code == 0, done.output
    assert "ALERT host:b for 30 min" in done.stdout
    assert "precision 100% (1 of 1 alerts), recall 50% (1 of 2 incidents), detected in 3 min" in done.stdout
    assert "missed: hidden" in done.stdout
    assert "1 of 241 rows are left out" in done.stderr


def test_json_has_every_transition(folder: Path) -> None:
    found: dict[str, Any] = json.loads(invoke(folder, "--json").stdout)
    assert [(one["kind"], one["group"]) for one in found["transitions"]] == [
        ("alert", "host:b"),
        ("recovery", "host:b"),
    ]
    assert found["report"]["evaluations"] == 121


def test_a_part_of_the_history_can_be_chosen(folder: Path) -> None:
    done = invoke(folder, "--since", "30m", "--json")
    assert json.loads(done.stdout)["transitions"] == []


def test_incidents_may_be_yaml_with_times_as_people_write_them(folder: Path) -> None:
    (folder / "incidents.yaml").write_text("- {start: 2026-09-21T00:00:00Z, end: 2026-09-23T00:00:00Z, name: day}\n")
    done = invoke(folder, "--incidents", f"{folder}/incidents.yaml", "--json")
    assert json.loads(done.stdout)["report"]["score"]["recall"] == 1.0


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--history", "latency.csv"], "metric=path"),
        (["--file", "missing.json"], "missing.json"),
        (["--since", "someday"], "'someday' is no time"),
        (["--every", "7s"], "multiple of 10"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, more: list[str], says: str) -> None:
    error = invoke(folder, *more).exception
    assert isinstance(error, InputError)
    assert says in str(error)


def test_a_file_that_holds_no_monitor_is_refused(folder: Path) -> None:
    (folder / "slow.json").write_text('{"title": "a dashboard"}')
    error = invoke(folder).exception
    assert isinstance(error, InputError)
    assert "a monitor is an object" in str(error)


def test_a_history_without_definitions_is_refused(folder: Path) -> None:
    given = ["monitors", "replay", "--history", f"checkout.latency={folder}/history.csv"]
    error = CliRunner().invoke(app, given).exception
    assert isinstance(error, InputError)
    assert "--file" in str(error)

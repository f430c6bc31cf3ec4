"""Set-up: what is redone and when, what is said when it fails. Real shells, real files."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """scripts/setup.py, with its log and stamps in a temporary folder."""
    spec = importlib.util.spec_from_file_location("lrcp_setup", ROOT / "scripts" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "lrcp_setup", module)  # dataclasses look their module up
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "STATE", tmp_path / "state")
    monkeypatch.setattr(module, "LOG", tmp_path / "state" / "log")
    return module


class Recorder:
    """A step that says how often it was taken, and may fail."""

    def __init__(self, setup: ModuleType, tmp_path: Path) -> None:
        self.taken = 0
        self.source = tmp_path / "source.lock"
        self.source.write_text("one")
        self.result = tmp_path / "result"
        self.failing: Exception | None = None
        step = setup.Step("making it", tmp_path / "stamp", lambda: [self.source], self.perform, self.result.exists)
        setup.STEPS["it"] = [step]

    def perform(self) -> None:
        self.taken += 1
        if self.failing:
            raise self.failing
        self.result.write_text("made")


@pytest.fixture
def step(setup: ModuleType, tmp_path: Path) -> Recorder:
    return Recorder(setup, tmp_path)


def test_a_step_is_taken_once(setup: ModuleType, step: Recorder) -> None:
    assert [setup.main("it"), setup.main("it"), step.taken] == [0, 0, 1]


def test_a_step_is_taken_again_when_what_it_reads_has_changed(setup: ModuleType, step: Recorder) -> None:
    setup.main("it")
    step.source.write_text("two")
    setup.main("it")
    assert step.taken == 2


def test_a_new_date_on_an_unchanged_file_changes_nothing(setup: ModuleType, step: Recorder) -> None:
    setup.main("it")
    os.utime(step.source, (2_000_000_000, 2_000_000_000))
    setup.main("it")
    assert step.taken == 1


def test_a_step_is_taken_again_when_its_result_is_gone(setup: ModuleType, step: Recorder) -> None:
    setup.main("it")
    step.result.unlink()
    setup.main("it")
    assert step.taken == 2


def test_a_step_that_failed_is_taken_again_and_says_why(
    setup: ModuleType, step: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    step.failing = setup.SetupError("do this and that")
    assert setup.main("it") == 1
    assert "making it" in capsys.readouterr().err
    step.failing = None
    assert [setup.main("it"), step.taken] == [0, 2]


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("npm error code ENOTFOUND", "check the network"),
        ("error: Failed to fetch: x", "check the network"),
        ("Temporary failure in name resolution", "check the network"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("something else", "try another"),
    ],
)
def test_a_failed_tool_is_quoted_with_what_to_do(setup: ModuleType, output: str, advice: str) -> None:
    setup.STATE.mkdir()
    with pytest.raises(setup.SetupError) as raised:
        setup.run(["sh", "-c", f"echo '{output}' >&2; exit 3"], hint="try another")
    assert output in str(raised.value)
    assert advice in str(raised.value)


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ((18, 20), False),
        ((20, 18), False),
        ((20, 19), True),
        ((21, 7), False),
        ((22, 11), False),
        ((22, 12), True),
        ((25, 0), True),
    ],
)
def test_node_is_taken_when_vite_takes_it(setup: ModuleType, version: tuple[int, int], enough: bool) -> None:
    assert setup._is_new_enough(version) == enough


def find_python(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": str(folder), **variables}
    command = ["/bin/sh", str(ROOT / "scripts" / "find_python.sh")]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def fake_python(folder: Path, name: str, *, good: bool) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {0 if good else 1}\n")
    path.chmod(0o755)
    return str(path)


def test_the_first_python_that_is_new_enough_is_taken(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", good=False)
    newer = fake_python(tmp_path, "python3.12", good=True)
    fake_python(tmp_path, "python3.11", good=True)
    assert find_python(tmp_path).stdout.strip() == newer


def test_the_named_python_is_taken_or_nothing(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", good=True)
    named = fake_python(tmp_path, "mine", good=True)
    old = fake_python(tmp_path, "old", good=False)
    assert find_python(tmp_path, PYTHON=named).stdout.strip() == named
    refused = find_python(tmp_path, PYTHON=old)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert old in refused.stderr


def test_without_a_python_it_is_said_how_to_get_one(tmp_path: Path) -> None:
    said = find_python(tmp_path)
    assert said.returncode == 1
    assert "apt-get install python3 python3-venv" in said.stderr

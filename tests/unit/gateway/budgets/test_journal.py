"""The journal outlives its process, is not believed after another boot, and is never taken from a living one."""

import subprocess
import sys
from pathlib import Path

import pytest

from lrcp.gateway.budgets import journal as module
from lrcp.gateway.budgets.journal import SLOTS, Journal, read_dead_journals

PROGRAM = """
import os, pathlib, signal, sys
from lrcp.gateway.budgets.journal import Journal
journal = Journal(pathlib.Path(sys.argv[1]), "killed")
slot = journal.take_slot()
journal.cells[slot] = 123_456_789_012
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed_process(folder: Path) -> None:
    subprocess.run([sys.executable, "-c", PROGRAM, folder], check=False, timeout=60)


def test_what_a_killed_process_wrote_is_read(tmp_path: Path) -> None:
    killed_process(tmp_path)
    ((process, numbers, path),) = read_dead_journals(tmp_path)
    assert (process, len(numbers), numbers[0]) == ("killed", SLOTS, 123_456_789_012)
    assert path.exists()


def test_a_journal_of_another_boot_says_nothing(tmp_path: Path) -> None:
    killed_process(tmp_path)
    path = tmp_path / "killed.journal"
    path.write_bytes(b"another boot".ljust(64) + path.read_bytes()[64:])
    assert [(process, list(numbers)) for process, numbers, _ in read_dead_journals(tmp_path)] == [("killed", [])]


def test_where_boots_have_no_name_no_journal_is_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BOOT_ID", tmp_path / "not there")
    Journal(tmp_path, "old").close(settled=False)
    assert [list(numbers) for _, numbers, _ in read_dead_journals(tmp_path)] == [[]]


def test_a_living_process_keeps_its_journal(tmp_path: Path) -> None:
    living = Journal(tmp_path, "living")
    assert list(read_dead_journals(tmp_path)) == []
    living.close(settled=True)
    assert list(tmp_path.iterdir()) == []


def test_slots_are_given_out_once_and_come_back_empty(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "own")
    slots = [journal.take_slot() for _ in range(SLOTS)]
    assert sorted(slots) == list(range(SLOTS))
    assert journal.take_slot() == -1
    journal.cells[7] = 5
    journal.free_slot(7)
    journal.free_slot(-1)
    assert (journal.take_slot(), journal.cells[7]) == (7, 0)
    journal.close(settled=True)

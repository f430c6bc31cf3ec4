"""The default pack's own case files: each monitor fires on what it is for, calls whom it should, and stays quiet otherwise."""

from pathlib import Path

import pytest

from lrcp.monitors.lab.build import parse_case_file
from lrcp.monitors.lab.case import NotificationExpected, SilenceExpected
from lrcp.monitors.lab.suite import run_cases

MONITORS = Path(__file__).resolve().parents[2] / "src" / "lrcp" / "packs" / "monitors"
FILES = sorted(MONITORS.glob("*.test"))


def test_every_monitor_has_a_case_that_fires_it_and_one_that_does_not() -> None:
    assert [file.stem for file in FILES] == [file.stem for file in sorted(MONITORS.glob("*.json"))]
    for file in FILES:
        firing, quiet = parse_case_file(file).cases
        assert any(isinstance(one, NotificationExpected) and "alert" in one.kinds for one in firing.expected), file
        assert any(isinstance(one, SilenceExpected) and one.count == 0 and not one.kinds for one in quiet.expected)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_the_cases_of_a_monitor_of_the_pack_pass(file: Path) -> None:
    results = run_cases([file])
    assert [(one.name, one.error, one.failures) for one in results if not one.passed] == []
    assert len(results) == 2

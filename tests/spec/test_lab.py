"""Case files of whole monitors: the worked examples, the truth table of composites, every query that is known to be accepted."""

import re
from pathlib import Path

import pytest

from lrcp.monitors.lab.build import parse_case_file
from lrcp.monitors.lab.suite import run_cases

FOLDER = Path(__file__).resolve().parent / "monitors" / "lab"
FILES = sorted([*FOLDER.glob("*.yaml"), *FOLDER.glob("*.test")])


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_case_file_passes(file: Path) -> None:
    results = run_cases([file])
    assert [(one.name, one.error, one.failures) for one in results if not one.passed] == []
    assert len(results) >= 5


def test_every_worked_example_that_speaks_of_monitors_is_there() -> None:
    names = [case.name for file in FILES for case in parse_case_file(file).cases]
    examples = {int(found[1]) for name in names if (found := re.match(r"V(\d+)", name))}
    # V14 (bounds of a recovery window) in the tests of anomalies, V15 is composite.test.
    assert examples == set(range(1, 17)) - {14, 15}

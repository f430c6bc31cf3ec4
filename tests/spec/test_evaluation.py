"""The case files of tests/spec/query/evaluation, and the examples of docs/monitors/evaluation.md: what metric queries come to."""

from pathlib import Path

import pytest

from tests.support.evaluation_cases import Evaluated, evaluated, read_evaluated, same, wanted

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "tests" / "spec" / "query" / "evaluation").glob("*.test")),
    ROOT / "docs" / "monitors" / "evaluation.md",
]
CASES = [pytest.param(case, id=f"{file.stem}:{case.line}") for file in FILES for case in read_evaluated(file)]


@pytest.mark.parametrize("case", CASES)
def test_a_query_comes_to_what_its_case_file_says(case: Evaluated) -> None:
    found = evaluated(case)
    tolerance = 0.01 if "p9" in case.query or "p5" in case.query else 1e-9  # a sketch's own error is half a percent
    assert same(found, wanted(case), tolerance), f"{case.name}: {found}"

"""The case files of tests/spec/query: what is accepted and how it is printed, what is refused and where the caret stands."""

from pathlib import Path

import pytest

from tests.support.query_cases import QueryCase, answer_query, read_query_cases

FILES = sorted((Path(__file__).parent / "query").glob("*.test"))
CASES = [pytest.param(case, id=f"{file.stem}:{case.line}") for file in FILES for case in read_query_cases(file)]


@pytest.mark.parametrize("case", CASES)
def test_a_query_is_printed_or_refused_as_its_case_file_says(case: QueryCase) -> None:
    assert answer_query(case.section, case.query) == case.expected


def test_there_are_enough_of_both() -> None:
    cases = [case for file in FILES for case in read_query_cases(file)]
    refused = [case for case in cases if case.expected and "^ " in case.expected[-1]]
    assert len(cases) - len(refused) >= 150
    assert len(refused) >= 200

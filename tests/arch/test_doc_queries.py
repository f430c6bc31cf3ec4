"""docs/monitors/queries.md against the code: every type with its beginnings, examples that are taken, limits as they are."""

import re
from pathlib import Path

import pytest

from lrcp.query.cursor import MAX_DEPTH
from lrcp.query.errors import QueryError
from lrcp.query.lexer import MAX_QUERY_CHARS
from lrcp.query.metric.functions import MAX_FILL_S
from lrcp.query.metric.parser import MAX_OPERATORS
from lrcp.query.monitor.check import AGGREGATIONS
from lrcp.query.monitor.heads import MONITOR_TYPES
from lrcp.query.monitor.parser import parse_monitor_query
from tests.support.query_cases import answer_query

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "monitors" / "queries.md").read_text()
EXAMPLES = [line for block in re.findall(r"```queries\n(.*?)```", PAGE, re.S) for line in block.splitlines()]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_is_taken_and_canonical(example: str) -> None:
    type, query = example.split(": ", 1)
    assert answer_query(type, query) == ()


def test_the_table_of_types_is_complete() -> None:
    rows = re.findall(r"^\| (`[^|]*`) \| (`.*`) \|$", PAGE.partition("## Types")[2].partition("\n## ")[0], re.MULTILINE)
    told = {
        type: tuple(re.findall(r"`([^`]+)`", heads))
        for types, heads in rows
        for type in re.findall(r"`([^`]+)`", types)
    }
    assert told == {type: heads for type, heads in MONITOR_TYPES.items() if heads}


def test_the_error_that_is_shown_is_the_error_that_is_given() -> None:
    shown = re.search(r"```text\n(.*?)\n```", PAGE, re.S)
    assert shown is not None
    query = shown[1].splitlines()[1].strip()
    with pytest.raises(QueryError) as caught:
        parse_monitor_query("query alert", query)
    assert str(caught.value) == shown[1]


def test_the_bounds_are_those_of_the_code() -> None:
    assert f"at most {MAX_QUERY_CHARS:,} characters, {MAX_DEPTH} levels of nesting, {MAX_OPERATORS} signs" in PAGE
    assert f"at most {MAX_FILL_S} s" in PAGE
    assert [name for name in AGGREGATIONS if f"`{name}`" not in PAGE] == []

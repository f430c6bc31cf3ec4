"""docs/monitors/search.md against the code: every example is run, and the tables of facets are complete."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from lrcp.query.memory.events import MemoryEvents
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan
from lrcp.query.search.ast import Field, MatchAll
from lrcp.query.search.facets import NOT_STORED, SOURCES, EventSource, MembersFacet, NumberFacet
from lrcp.query.search.groups import default_limits
from lrcp.query.search.parser import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse_search
from lrcp.query.search.printer import print_search

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "monitors" / "search.md").read_text()
LOGS: list[dict[str, Any]] = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.S)[0])


def section(heading: str) -> str:
    found = re.search(rf"^#+ {heading}\n(.*?)(?=^#+ |\Z)", PAGE, re.S | re.M)
    assert found is not None
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of its tables, without heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line[1:-1].split(" | ")] for line in lines]
    heads = {tuple(cells[i]) for i, line in enumerate(lines) if f"{line}\n|---" in text}
    return [row for row in cells if tuple(row) not in heads]


EXAMPLES = [(row[0].strip("`"), row[1]) for row in rows(section("Syntax"))]


@pytest.mark.parametrize(("search", "finds"), EXAMPLES)
def test_an_example_finds_what_the_page_says(search: str, finds: str) -> None:
    tree = parse_search(search)
    scan = EventScan("logs", tree, "count", "", (), Grid(0, 60, 1))
    counts = {log["n"]: MemoryEvents({"logs": [{**log, "time_ns": 0}]}).answer(scan).values[0][0] for log in LOGS}
    assert " ".join(str(n) for n, count in counts.items() if count) == finds.replace("none", "")
    assert parse_search(print_search(tree)) == tree


def test_every_kind_of_term_has_an_example() -> None:
    trees = " ".join(repr(parse_search(search)) for search, _ in EXAMPLES)
    for kind in ("MatchAll", "FreeText", "FieldIs", "FieldExists", "FieldCompares", "FieldBetween", "InNetwork", "SearchNot", "SearchAnd", "SearchOr"):  # fmt: skip
        assert f"{kind}(" in trees


FACETS = [("logs", "logs"), ("trace-analytics", "spans"), ("events", "events"), ("error-tracking", "errors")]


def documented(heading: str) -> set[str]:
    return {name for row in rows(section(f"Facets of {heading}")) for name in re.findall(r"`([^`]+)`", row[1])}


@pytest.mark.parametrize(("source", "heading"), FACETS)
def test_every_facet_is_on_the_page_and_nothing_else(source: str, heading: str) -> None:
    known = {name for name, facet in SOURCES[source].facets.items() if not isinstance(facet, MembersFacet)}
    values = {"ok", "error", "undefined"}
    assert documented(heading) - values == known


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_the_columns_of_the_facets_are_those_of_the_page(source: EventSource) -> None:
    heading = dict(FACETS).get(source.name, "spans")
    for row in rows(section(f"Facets of {heading}")):
        column = re.match(r"`([a-z_]+)`(?: \+ `([a-z_]+)`)?$", row[0])
        for name in re.findall(r"`([^`]+)`", row[1]) if column and heading != "errors" else []:
            facet: Any = source.facet(Field(name))
            if name in source.facets:
                assert column is not None
                assert facet.column == column[1]
                assert not isinstance(facet, NumberFacet) or facet.plus == (column[2] or "")


def test_the_sources_are_those_of_the_page() -> None:
    named = {name for row in rows(section("Sources")) for name in re.findall(r"`([^`]+)`", row[0])}
    assert named == set(SOURCES)
    refused = PAGE.split("a query of one is refused:")[1].split("\n\n")[0]
    assert set(re.findall(r"`([^`]+)`", refused)) == NOT_STORED


def test_the_bounds_are_those_of_the_page() -> None:
    assert f"{MAX_LENGTH:,} characters, {MAX_TERMS:,} terms, and {MAX_DEPTH}\nparentheses" in PAGE
    kept = [int(re.findall(r"\d+", row[1])[0]) for row in rows(section("Aggregations and groups"))]
    assert kept == [default_limits(keys)[0] for keys in (1, 2, 3, 4)]


def test_a_query_without_records_counts_nothing() -> None:
    events = MemoryEvents({})
    answer = events.answer(EventScan("logs", MatchAll(), "count", "", (), Grid(0, 60, 2)))
    assert answer.values.tolist() == [[0.0, 0.0]]

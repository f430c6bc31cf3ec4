"""Event scans over records written down by hand."""

import numpy as np

from lrcp.query.memory.error_records import issue_id
from lrcp.query.memory.events import MemoryEvents
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan
from lrcp.query.search.parser import parse_search

GRID = Grid(1000, 60, 2)
SPANS = [
    {"start_ns": 1000 * 10**9, "service": "a", "kind": "llm", "status": "error", "error_type": "Timeout", "duration_ns": 4,
     "name": "weather agent", "input": "what's the weather", "output": "rain",
     "evaluations": {"quality": 0.25}, "tags": {"env": "prod"}},
    {"start_ns": 1059 * 10**9 + 999_999_999, "service": "a", "kind": "llm", "duration_ns": 8, "evaluations": {"quality": "poor"}},
    {"start_ns": 1060 * 10**9, "service": "b", "kind": "server", "duration_ns": 16, "tags": {"env": "prod"}},
    {"start_ns": 1120 * 10**9, "service": "b", "kind": "llm", "duration_ns": 32},
]  # fmt: skip
LOGS = [
    {"time_ns": 1001 * 10**9, "service": "a", "status": "error", "message": "late", "attributes": {"error": {"kind": "Timeout"}}},
    {"time_ns": 1002 * 10**9, "service": "a", "status": "info", "attributes": '{"error":{"kind":"Timeout"}}', "tags": ["env:dev"]},
    {"time_ns": 1003 * 10**9, "status": "error", "tags": ["service:b"], "message": "no type"},
]  # fmt: skip


def ask(
    source: str, search: str, aggregation: str = "count", measure: str = "", by: tuple[str, ...] = ()
) -> dict[tuple[str, ...], list[float]]:
    events = MemoryEvents({"spans": SPANS, "logs": LOGS})
    block = events.answer(EventScan(source, parse_search(search), aggregation, measure, by, GRID))
    return {group: values.tolist() for group, values in zip(block.groups, block.values, strict=True)}


def test_records_fall_into_the_buckets_of_their_time() -> None:
    assert ask("trace-analytics", "*") == {(): [2, 1]}
    assert ask("llm-observability", "*") == {(): [2, 0]}
    assert ask("trace-analytics", "*", by=("service",)) == {("a",): [2, 0], ("b",): [0, 1]}


def test_a_number_has_no_value_without_records() -> None:
    (values,) = ask("trace-analytics", "service:a", "avg", "@duration").values()
    assert values[0] == 6
    assert np.isnan(values[1])
    assert ask("trace-analytics", "service:none", "avg", "@duration", ("service",)) == {}


def test_scores_of_evaluations_are_measures_and_labels_are_values() -> None:
    assert ask("llm-observability", "@evaluations.quality:<0.5") == {(): [1, 0]}
    assert ask("llm-observability", "@evaluations.custom.quality:poor") == {(): [1, 0]}
    assert ask("llm-observability", "-@evaluations.quality:*") == {(): [0, 0]}
    assert ask("llm-observability", "*", "max", "@evaluations.quality")[()][0] == 0.25


def test_what_receivers_take_from_tags_is_taken_from_tags() -> None:
    assert ask("trace-analytics", "env:prod") == {(): [1, 1]}
    assert ask("logs", "service:b") == {(): [1, 0]}


def test_words_of_llm_observability_are_looked_for_in_what_went_in_and_came_out() -> None:
    assert ask("llm-observability", '"what\'s the weather"') == {(): [1, 0]}
    assert ask("llm-observability", "rain") == {(): [1, 0]}
    assert ask("llm-observability", "agent") == {(): [0, 0]}
    assert ask("trace-analytics", "agent") == {(): [1, 0]}
    assert ask("llm-observability", '@meta.span.name:"weather agent"') == {(): [1, 0]}


def test_errors_of_spans_and_logs_are_issues_together() -> None:
    assert ask("error-tracking", "*", by=("@issue.id",)) == {(issue_id("a", "Timeout"),): [2, 0]}
    assert ask("error-tracking", "source:logs late") == {(): [1, 0]}

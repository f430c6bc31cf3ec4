"""Event scans: what memory answers, the store answers too."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrcp.datadog.events_search.places import find_cursor, next_cursor
from lrcp.model.errors import InputError
from lrcp.query.memory.events import MemoryEvents
from lrcp.query.scan.blocks import GroupBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan
from lrcp.query.search.ast import MatchAll, Search
from lrcp.query.search.parser import parse_search
from lrcp.query.search.printer import print_search
from lrcp.store.telemetry.source.event_rows import RowsWanted, find_rows
from lrcp.store.telemetry.source.event_statement import EventStatement
from lrcp.store.telemetry.source.events import fetch_events, plan_statements
from tests.contract.source.event_corpus import SPAN_S, START_S, corpus_records, corpus_searches, store_corpus
from tests.contract.source.filled import FilledStore

SOURCES = ["logs", "trace-analytics", "llm-observability", "events", "error-tracking"]
WHOLE = Grid(START_S, SPAN_S, 1)
Ask = Callable[[Sequence[EventScan]], dict[EventScan, GroupBlock]]


@pytest.fixture(scope="module")
def corpus_store(embedded_store: FilledStore) -> Ask:
    store = embedded_store.store
    embedded_store.run(store.on_writer(lambda: store_corpus(store)))
    return lambda scans: embedded_store.run(fetch_events(store, scans))


@pytest.fixture(scope="module")
def corpus_memory() -> Ask:
    events = MemoryEvents(corpus_records())
    return lambda scans: {scan: events.answer(scan) for scan in scans}


def found(source: str, search: Search) -> EventScan:
    """Which records a search finds: a group each."""
    key = {"logs": "@n", "error-tracking": "@t"}.get(source, "n")
    return EventScan(source, search, "count", "", (key,), WHOLE, 1000)


@pytest.mark.parametrize("source", SOURCES)
def test_a_search_finds_the_same_records_in_both(source: str, corpus_store: Ask, corpus_memory: Ask) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(corpus_searches(source), min_size=1, max_size=10))
    def agree(searches: list[Search]) -> None:
        scans = [found(source, search) for search in searches]
        stored, remembered = corpus_store(scans), corpus_memory(scans)
        for scan in scans:
            assert sorted(stored[scan].groups) == sorted(remembered[scan].groups), print_search(scan.search)

    agree()


AGGREGATIONS = ["count", "cardinality", "avg", "sum", "min", "max", "median", "pc75", "pc90", "pc95", "pc98", "pc99"]
GRIDS = [WHOLE, Grid(START_S, 60, 10), Grid(START_S + 17, 100, 3), Grid(START_S + SPAN_S, 60, 2)]
KEYS = {
    "logs": ["service", "env", "status", "@k", "k", "@list", "@deep.er", "@flag"],
    "error-tracking": ["service", "@issue.id", "@error.type", "source", "k"],
    "events": ["alert_type", "source", "k", "@evt.id", "tags"],
}
SPAN_KEYS = ["service", "kind", "k", "@meta.k", "@evaluations.tone", "@parent_id", "@input_tokens", "@usr.id"]
MEASURES = ["@duration", "@k", "@list", "@n", "@evaluations.quality", "@metrics.total_tokens", "service", "k"]


def scans_of(source: str) -> st.SearchStrategy[EventScan]:
    keys = st.lists(st.sampled_from(KEYS.get(source, SPAN_KEYS)), max_size=3, unique=True)
    grids, searches = st.sampled_from(GRIDS), st.one_of(st.just(MatchAll()), corpus_searches(source))

    def scan(
        by: list[str], aggregation: str, measure: str, grid: Grid, search: Search, limit: int, blank: str
    ) -> EventScan:
        return EventScan(source, search, aggregation, measure, tuple(by), grid, limit, missing=(blank,) * len(by))

    return st.builds(
        scan, keys, st.sampled_from(AGGREGATIONS), st.sampled_from(MEASURES), grids, searches, st.sampled_from([1000, 3]), st.sampled_from(["", "N/A"])
    )  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_groups_and_values_are_the_same_in_both(source: str, corpus_store: Ask, corpus_memory: Ask) -> None:
    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(scans_of(source), min_size=1, max_size=6))
    def agree(scans: list[EventScan]) -> None:
        stored, remembered = corpus_store(scans), corpus_memory(scans)
        for scan in scans:
            one, other = stored[scan], remembered[scan]
            assert (one.groups, one.cut) == (other.groups, other.cut), scan
            np.testing.assert_allclose(one.values, other.values, rtol=1e-9, atol=1e-12, err_msg=str(scan))

    agree()


def test_scans_that_differ_in_search_and_aggregation_share_a_statement() -> None:
    scans = [
        EventScan(source, parse_search(search), aggregation, "@duration", ("service",), WHOLE)
        for source in ("trace-analytics", "llm-observability")
        for search in ("*", "status:error", "@duration:>1s")
        for aggregation in ("count", "pc95", "avg")
    ]
    assert [len(together) for together in plan_statements(scans)] == [18]
    assert len(list(plan_statements([*scans, EventScan("logs", MatchAll(), "count", "", ("service",), WHOLE)]))) == 2


@pytest.mark.parametrize(
    ("source", "aggregation", "by", "words"),
    [
        ("rum", "count", (), "nothing of kind rum is stored here yet"),
        ("ci-tests", "count", (), "nothing of kind ci-tests is stored here yet"),
        ("nonsense", "count", (), "there is no source"),
        ("logs", "p95", (), "there is no aggregation"),
        ("logs", "avg", (), "needs a measure"),
        ("logs", "count", tuple("abcde"), "at most 4 facets"),
    ],
)
def test_what_cannot_be_answered_is_an_input_error_in_both(
    corpus_store: Ask, corpus_memory: Ask, source: str, aggregation: str, by: tuple[str, ...], words: str
) -> None:
    scan = EventScan(source, MatchAll(), aggregation, "", by, WHOLE)
    for ask in (corpus_store, corpus_memory):
        with pytest.raises(InputError, match=words):
            ask([scan])


def test_records_outside_of_a_clip_are_left_out(corpus_store: Ask, corpus_memory: Ask) -> None:
    middle = START_S * 10**9 + SPAN_S * 10**9 // 3 + 5
    grid = Grid(START_S, 60, 10)
    parts = [(START_S * 10**9, middle), (middle, (START_S + SPAN_S) * 10**9)]
    scans = [EventScan("logs", MatchAll(), "count", "", (), grid, clip_ns=part) for part in parts]
    whole = EventScan("logs", MatchAll(), "count", "", (), grid)
    for ask in (corpus_store, corpus_memory):
        answers = ask([*scans, whole])
        assert (answers[scans[0]].values + answers[scans[1]].values == answers[whole].values).all()
        assert answers[scans[0]].values.sum() > 0


def test_no_value_of_a_user_stands_in_the_sql() -> None:
    search = parse_search(
        "service:zzuser1 @zzuser2:zzuser3* *:zzuser4 @evaluations.zzuser5:>3 zzuser6:[zzuser7 TO zzuser8]"
    )
    scan = EventScan("llm-observability", search, "cardinality", "@zzuser9", ("zzusera",), WHOLE, missing=("zzuserb",))
    sql, parameters = EventStatement([scan]).sql(by_bucket=False, groups=[("zzuserc",)])
    assert "zzuser" not in sql
    assert all(f"zzuser{one}" in str(parameters) for one in "123456789abc")


@pytest.mark.parametrize("source", ["logs", "spans", "llm-observability", "events"])
@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit", [3, 90])
def test_pages_give_every_row_once_and_in_order(
    embedded_store: FilledStore, corpus_store: Ask, source: str, newest_first: bool, limit: int
) -> None:
    search = MatchAll()
    wanted = RowsWanted(
        source=source, search=search, from_ns=START_S * 10**9, to_ns=(START_S + SPAN_S) * 10**9, newest_first=newest_first, limit=limit
    )  # fmt: skip
    found: list[dict[str, Any]] = []
    while page := embedded_store.run(find_rows(embedded_store.store, wanted)):
        found += page
        cursor = find_cursor(next_cursor(wanted, page))
        assert cursor is not None
        wanted = replace(wanted, after=cursor.place)
    count = EventScan(source, search, "count", "", (), WHOLE)
    assert len(found) == corpus_store([count])[count].values[0][0] > 90
    keys = [(row["time_ns"], row["tie"]) for row in found]
    assert keys == sorted(keys, reverse=newest_first)
    assert len(set(keys)) == len(keys) - (3 if source == "logs" else 0)

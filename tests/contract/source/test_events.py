"""Event scans: what memory answers, the store answers too."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lrcp.query.memory.events import MemoryEvents
from lrcp.query.scan.blocks import GroupBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan
from lrcp.query.search.ast import MatchAll, Search
from lrcp.query.search.printer import print_search
from lrcp.store.telemetry.source.events import fetch_events
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
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
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
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(scans_of(source), min_size=1, max_size=6))
    def agree(scans: list[EventScan]) -> None:
        stored, remembered = corpus_store(scans), corpus_memory(scans)
        for scan in scans:
            one, other = stored[scan], remembered[scan]
            assert (one.groups, one.cut) == (other.groups, other.cut), scan
            np.testing.assert_allclose(one.values, other.values, rtol=1e-9, atol=1e-12, err_msg=str(scan))

    agree()

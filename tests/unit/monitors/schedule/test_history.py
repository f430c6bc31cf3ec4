"""Long histories are read once, then only their newest part; what is answered stays the same."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
import pytest

from lrcp.monitors.schedule.history import OVERLAP_S, REREAD_S, RecentHistory
from lrcp.query.memory.events import MemoryEvents
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import MemorySource
from lrcp.query.metric.parser import parse_scope
from lrcp.query.scan.blocks import Block, GroupBlock, SeriesBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan, Scan, SeriesScan, SketchScan
from lrcp.query.search.ast import MatchAll
from tests.unit.monitors.drive import every, gauge

DAY = 86_400
STEP = 300
BLOCKS = ("count", "sum", "minimum", "maximum", "last")


class Store:
    """A source whose series change, and which remembers what it was asked."""

    def __init__(self, *series: MemorySeries) -> None:
        self.series = list(series)
        self.asked: list[Scan] = []
        self.cut = 0

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        self.asked += scans
        answers = dict(await MemorySource(self.series).fetch(scans))
        for scan, block in answers.items():
            if isinstance(block, SeriesBlock | GroupBlock):
                answers[scan] = replace(block, cut=self.cut)
        return answers

    def lengths(self) -> list[int]:
        """Seconds of each scan since the last call."""
        asked, self.asked = self.asked, []
        return [scan.grid.end_s - scan.grid.start_s for scan in asked if isinstance(scan, SeriesScan | SketchScan)]


def wave(host: str, since_s: int = 0, until_s: int = 3 * DAY) -> MemorySeries:
    return gauge("load", every(60, since_s, [float(i % 97) for i in range((until_s - since_s) // 60)]), f"host:{host}")


def scan_at(end_s: int, length_s: int = DAY) -> SeriesScan:
    return SeriesScan("load", parse_scope("*"), Grid(end_s - length_s, STEP, length_s // STEP))


def ask(source: RecentHistory | Store, *scans: Scan) -> Mapping[Scan, Block]:
    return asyncio.run(source.fetch(scans))


def columns(block: Block) -> dict[str, dict[str, list[float]]]:
    assert isinstance(block, SeriesBlock)
    return {
        tags[0]: {name: np.nan_to_num(getattr(block, name)[row], nan=-1).tolist() for name in BLOCKS}
        | {"interval": [float(block.interval_s[row])]}
        for row, tags in enumerate(block.tags)
    }


def test_the_next_answer_is_the_same_as_of_the_whole_and_only_the_newest_part_is_read() -> None:
    store = Store(wave("a"), wave("b", until_s=DAY + 1200), wave("c", since_s=2 * DAY))
    history = RecentHistory(store)
    lengths = []
    for end_s in (2 * DAY, 2 * DAY + STEP, 2 * DAY + 2 * STEP, 2 * DAY + 5 * STEP):
        scan = scan_at(end_s)
        block = ask(history, scan)[scan]
        lengths += store.lengths()
        assert columns(block) == columns(ask(store, scan)[scan]), end_s
        store.lengths()
    assert lengths == [DAY, OVERLAP_S + STEP, OVERLAP_S + STEP, OVERLAP_S + 3 * STEP]
    assert sorted(columns(block)) == ["host:a", "host:c"], "b has left the window, c has come into it"


def test_percentiles_are_kept_as_well_and_counts_of_values_are_not() -> None:
    series = MemorySeries(
        "took", "distribution", ("host:a",), list(range(0, 2 * DAY, 60)), [float(i % 7) for i in range(2880)]
    )
    store, scope = Store(series), parse_scope("*")
    history = RecentHistory(store)
    for end_s in (DAY, DAY + STEP):
        scan = SketchScan("took", scope, ("host",), Grid(end_s - DAY + STEP, STEP, DAY // STEP - 1), quantile=0.5)
        found, whole = ask(history, scan)[scan], None
        lengths = store.lengths()
        whole = ask(store, scan)[scan]
        assert isinstance(found, GroupBlock)
        assert isinstance(whole, GroupBlock)
        assert found.groups == whole.groups
        np.testing.assert_array_equal(found.values, whole.values)
        store.lengths()
    assert lengths == [OVERLAP_S + STEP]


def test_points_that_came_late_are_seen_when_the_whole_is_read_again() -> None:
    store = Store(wave("a"))
    history = RecentHistory(store)
    ask(history, scan_at(DAY))
    store.series.append(gauge("load", {DAY - OVERLAP_S / 2: 5.0}, "host:late"))
    store.series.append(gauge("load", {DAY - 4 * OVERLAP_S: 5.0}, "host:later"))
    scan = scan_at(DAY + STEP)
    assert sorted(columns(ask(history, scan)[scan])) == ["host:a", "host:late"]
    for end_s in range(DAY + 2 * STEP, DAY + REREAD_S + 1, STEP):
        scan = scan_at(end_s)
        block = ask(history, scan)[scan]
    assert sorted(columns(block)) == ["host:a", "host:late", "host:later"]
    assert store.lengths()[-1] == DAY


def test_of_several_histories_one_is_read_again_at_a_tick() -> None:
    store = Store(wave("a"))
    history = RecentHistory(store)
    lengths = (DAY, DAY + STEP, DAY + 2 * STEP)
    for end_s in range(2 * DAY, 2 * DAY + REREAD_S, STEP):
        ask(history, *(scan_at(end_s, length) for length in lengths))
    store.lengths()
    whole = []
    for tick in range(4):
        ask(history, *(scan_at(2 * DAY + REREAD_S + tick * STEP, length) for length in lengths))
        whole.append(sorted(length for length in store.lengths() if length >= DAY))
    assert sorted(whole[:3]) == [[length] for length in lengths]
    assert whole[3] == []


@pytest.mark.parametrize("end_s", [DAY, 3 * DAY, 2 * DAY - STEP])
def test_after_a_jump_of_the_clock_all_of_it_is_read(end_s: int) -> None:
    store = Store(wave("a"))
    history = RecentHistory(store)
    ask(history, scan_at(2 * DAY))
    store.lengths()
    scan = scan_at(end_s)
    found = ask(history, scan)[scan]
    assert store.lengths() == [DAY]
    assert columns(found) == columns(ask(store, scan)[scan])


def test_an_answer_that_is_cut_or_of_a_changed_type_is_not_put_together() -> None:
    store = Store(wave("a"))
    history = RecentHistory(store)
    ask(history, scan_at(DAY))
    store.cut = 7
    scan = scan_at(DAY + STEP)
    block = ask(history, scan)[scan]
    assert isinstance(block, SeriesBlock)
    assert block.cut == 7
    assert store.lengths()[-1] == DAY
    store.cut = 0
    ask(history, scan_at(DAY + 2 * STEP))
    store.series[0] = replace(store.series[0], type="count")
    scan = scan_at(DAY + 3 * STEP)
    block = ask(history, scan)[scan]
    assert isinstance(block, SeriesBlock)
    assert block.type == "count"
    assert store.lengths()[-1] == DAY


def test_short_scans_pass_and_what_is_too_large_or_no_longer_asked_for_is_not_kept() -> None:
    store = Store(wave("a"))
    small = RecentHistory(store, max_bytes=1000)
    for end_s in (DAY, DAY + STEP):
        ask(small, scan_at(end_s))
    assert store.lengths() == [DAY, DAY]
    history = RecentHistory(store)
    for end_s in (DAY, DAY + STEP):
        ask(history, scan_at(end_s, 4 * 3600))
    assert store.lengths() == [4 * 3600] * 2


def test_events_of_days_up_to_a_full_hour_are_read_once() -> None:
    class Events(Store):
        async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
            self.asked += scans
            return await MemorySource([], MemoryEvents({"logs": []})).fetch(scans)

    store = Events()
    history = RecentHistory(store)
    week = EventScan("error-tracking", MatchAll(), "count", "", ("issue.id",), Grid(0, 7 * DAY, 1))
    short = replace(week, grid=Grid(7 * DAY, 600, 1))
    for _ in range(3):
        assert set(ask(history, week, short)) == {week, short}
    assert (store.asked.count(week), store.asked.count(short)) == (1, 3)
    ask(history, week)
    assert set(ask(history, week)) == {week}
    assert store.asked.count(week) == 1


def test_nobody_can_write_to_what_the_next_answer_is_made_of() -> None:
    store = Store(wave("a"))
    block = ask(RecentHistory(store), scan_at(DAY))[scan_at(DAY)]
    assert isinstance(block, SeriesBlock)
    with pytest.raises(ValueError, match="read-only"):
        block.sum[0, 0] = 1.0

"""What cannot be read concerns the monitors that want it; the others are evaluated."""

import asyncio
from collections.abc import Collection, Mapping

import pytest

from lrcp.model.errors import BusyError, CostlyError, InputError, UnavailableError
from lrcp.model.monitor_state import State
from lrcp.monitors.evaluate.prepare import prepare
from lrcp.monitors.reading import ASIDE_S, Aside
from lrcp.monitors.tick import TickResult, run_tick
from lrcp.query.memory.source import MemorySource
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan
from tests.unit.monitors.drive import define, every, gauge

GOOD = [define(f"avg(last_5m):avg:good{{*}} > {limit}", id=limit) for limit in (1, 2)]
BAD = define("avg(last_5m):avg:bad{*} > 1", id=7)


class Store:
    """A source that fails whenever `bad` is among what is asked, as it is told to. asked: metrics of each question."""

    def __init__(self, error: Exception | None = None, times: int = 1_000_000) -> None:
        series = [gauge(name, every(10, 0, [5.0] * 1000)) for name in ("good", "bad")]
        self.source = MemorySource(series)
        self.error, self.times = error, times
        self.asked: list[list[str]] = []

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        metrics = sorted({str(getattr(scan, "metric", "")) for scan in scans})
        self.asked.append(metrics)
        if self.error is not None and "bad" in metrics and self.times > 0:
            self.times -= 1
            raise self.error
        return await self.source.fetch(scans)


class Ticks:
    """Monitors that are set aside as one scheduler remembers them."""

    def __init__(self, source: Store) -> None:
        self.source, self.aside = source, Aside()
        self.prepared = [prepare(monitor, {}) for monitor in (*GOOD, BAD)]

    def at(self, at_s: int) -> TickResult:
        return asyncio.run(run_tick(self.prepared, {}, at_s, self.source, aside=self.aside))

    def states(self, at_s: int) -> list[str]:
        return [one.state.name for one in self.at(at_s).monitors.values()]


@pytest.mark.parametrize("error", [CostlyError("30 s are over"), InputError("what?"), ValueError("odd")])
def test_one_whose_data_cannot_be_read_is_unknown_and_the_others_are_evaluated(error: Exception) -> None:
    result = Ticks(Store(error)).at(600)
    assert [one.state.name for one in result.monitors.values()] == ["ALERT", "ALERT", "UNKNOWN"]
    assert str(error) in result.monitors[7].error
    assert result.source_error == ""


def test_it_is_then_set_aside_and_asked_alone_once_in_ten_minutes() -> None:
    source = Store(CostlyError("30 s are over"))
    ticks = Ticks(source)
    ticks.at(600)
    source.asked.clear()
    assert ticks.states(610) == ["ALERT", "ALERT", "UNKNOWN"]
    assert source.asked == [["good"]]
    assert ticks.at(620).monitors[7].error == "reading it takes more than a query may: 30 s are over"
    source.asked.clear()
    assert ticks.states(600 + ASIDE_S) == ["ALERT", "ALERT", "UNKNOWN"]
    assert source.asked == [["good"], ["bad"]]
    source.error = None
    assert ticks.states(610 + ASIDE_S) == ["ALERT", "ALERT", "UNKNOWN"]
    assert ticks.states(600 + 2 * ASIDE_S) == ["ALERT"] * 3
    source.asked.clear()
    assert ticks.states(610 + 2 * ASIDE_S) == ["ALERT"] * 3
    assert source.asked == [["bad", "good"]]


def test_one_that_was_changed_is_asked_at_once() -> None:
    source = Store(CostlyError("30 s are over"))
    ticks = Ticks(source)
    ticks.at(600)
    source.error = None
    ticks.prepared[-1] = prepare(BAD, {})
    assert ticks.states(610) == ["ALERT"] * 3


def test_a_store_that_is_away_is_asked_once_and_all_that_need_it_are_unknown() -> None:
    source = Store(UnavailableError("no route"))
    ticks = Ticks(source)
    result = ticks.at(600)
    assert (result.unknown, len(source.asked)) == (3, 1)
    assert result.source_error == "the store cannot be read: no route"
    source.error = None
    assert ticks.states(610) == ["ALERT"] * 3, "nobody was set aside"


def test_a_store_that_goes_away_in_between_is_not_asked_for_the_rest() -> None:
    class Going(Store):
        async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
            if self.asked:
                self.asked.append([])
                raise UnavailableError("gone")
            return await super().fetch(scans)

    source = Going(InputError("what?"))
    result = Ticks(source).at(600)
    assert (result.unknown, len(source.asked)) == (3, 2)
    assert result.source_error == "the store cannot be read: gone"


def test_a_busy_store_is_asked_again_before_anybody_is_unknown() -> None:
    assert Ticks(Store(BusyError("later", retry_after_s=0), times=2)).states(600) == ["ALERT"] * 3
    result = Ticks(Store(BusyError("later", retry_after_s=0))).at(600)
    assert (result.unknown, result.source_error) == (3, "the store cannot be read: later")


def test_where_nobody_could_be_read_nobody_is_set_aside() -> None:
    source = Store(ValueError("odd"))
    only = [prepare(BAD, {})]
    aside = Aside()
    result = asyncio.run(run_tick(only, {}, 600, source, aside=aside))
    assert result.source_error == "ValueError: odd"
    source.error = None
    result = asyncio.run(run_tick(only, {}, 610, source, aside=aside))
    assert result.monitors[7].state is State.ALERT

"""A tick of several monitors: what is shared, what fails apart, in which order."""

import asyncio
from collections.abc import Collection, Mapping

import pytest

from lrcp.model.errors import InputError, UnavailableError
from lrcp.model.monitor_state import State
from lrcp.monitors.tick import run_tick
from lrcp.query.memory.source import MemorySource
from lrcp.query.scan.blocks import Block
from lrcp.query.scan.scans import Scan
from tests.unit.monitors.drive import Drive, define, every, gauge

CPU = "avg(last_5m):avg:cpu{*} by {host} > 90"


def busy(host: str, value: float = 95.0, minutes: int = 60) -> object:
    return gauge("cpu", every(60, 0, [value] * minutes), f"host:{host}")


class Counting:
    """A source that says what it was asked for, and fails when it is told to."""

    def __init__(self, source: MemorySource, fails: type[Exception] | None = None, metric: str = "") -> None:
        self.source, self.fails, self.metric = source, fails, metric
        self.asked: list[Collection[Scan]] = []

    async def fetch(self, scans: Collection[Scan]) -> Mapping[Scan, Block]:
        self.asked.append(scans)
        concerned = not self.metric or any(getattr(scan, "metric", "") == self.metric for scan in scans)
        if self.fails is not None and concerned:
            raise self.fails("away")
        return await self.source.fetch(scans)


def test_a_threshold_monitor_alerts_by_group_with_its_numbers() -> None:
    drive = Drive(define(CPU), series=[busy("a"), busy("b", 20)])
    result = drive.at(600)
    assert result.state is State.ALERT
    assert [(one.group, one.state.name, one.reason) for one in result.evaluations] == [
        ("host:a", "ALERT", "95 > 90 critical: average of the last 5 minutes"),
        ("host:b", "OK", "20 is not > 90 critical: average of the last 5 minutes"),
    ]
    (transition,) = result.transitions
    assert (transition.group, transition.kind, transition.notify) == ("host:a", "alert", True)
    assert (transition.value, transition.threshold, transition.triggered_s) == (95.0, 90.0, 600)
    assert drive.at(610).transitions == ()


def test_monitors_that_want_the_same_ask_once() -> None:
    source = Counting(MemorySource([busy("a")]))
    monitors = [define(f"avg(last_5m):avg:cpu{{*}} by {{host}} > {limit}", id=limit) for limit in (1, 50, 99)]
    result = Drive(*monitors, source=source).tick(600)
    assert (len(source.asked), len(source.asked[0]), result.scans) == (1, 1, 1)
    assert [one.state.name for one in result.monitors.values()] == ["ALERT", "ALERT", "OK"]


@pytest.mark.parametrize("error", [UnavailableError, RuntimeError, asyncio.TimeoutError])
def test_a_source_that_is_away_gives_unknown_and_keeps_the_states(error: type[Exception]) -> None:
    source = Counting(MemorySource([busy("a")]))
    drive = Drive(define(CPU), source=source)
    drive.tick(600)
    kept = dict(drive.states[1])
    source.fails = error
    result = drive.tick(610)
    assert result.unknown == 1
    assert result.source_error.endswith("away")
    assert result.monitors[1].transitions == ()
    assert not result.monitors[1].evaluated
    assert [(one.state.name, one.group) for one in result.monitors[1].evaluations] == [("UNKNOWN", "host:a")]
    assert drive.states[1] == kept
    source.fails = None
    assert drive.at(620).transitions == ()


def test_a_scan_that_cannot_be_answered_concerns_its_own_monitor_only() -> None:
    source = Counting(MemorySource([busy("a")]), InputError, metric="odd")
    drive = Drive(define(CPU), define("avg(last_5m):avg:odd{*} > 1", id=2), source=source)
    result = drive.tick(600)
    assert [one.state.name for one in result.monitors.values()] == ["ALERT", "UNKNOWN"]
    assert result.monitors[2].error == "away"


def test_a_fault_in_one_evaluation_is_that_monitors_error() -> None:
    drive = Drive(define(CPU), define(CPU, id=2), series=[busy("a")])
    broken = drive.prepared[1]

    class Broken:
        keys = ("host",)

        def scans(self, at_s: int) -> frozenset[Scan]:
            return frozenset()

        def observe(self, at_s: int, answers: object, parts: object) -> None:
            raise ZeroDivisionError("oh")

    from dataclasses import replace

    drive.prepared[1] = replace(broken, observer=Broken())  # type: ignore[arg-type]
    result = drive.tick(600)
    assert result.monitors[1].state is State.ALERT
    assert (result.monitors[2].state, result.monitors[2].error) == (State.UNKNOWN, "ZeroDivisionError: oh")


def test_only_monitors_that_are_due_are_evaluated() -> None:
    drive = Drive(define(CPU), define("avg(last_1d):avg:cpu{*} > 1", id=2), series=[busy("a")])
    assert set(drive.tick(600).monitors) == {1, 2}
    assert set(drive.tick(610).monitors) == {1}
    assert set(drive.tick(1200).monitors) == {1, 2}


def test_the_time_that_each_monitor_took_is_told_by_the_given_clock() -> None:
    drive = Drive(define(CPU), series=[busy("a")])
    clock = iter(range(100))
    run = run_tick(drive.prepared, {}, 600, drive.source, monotonic=lambda: float(next(clock)))
    assert asyncio.run(run).monitors[1].took_s == 2.0

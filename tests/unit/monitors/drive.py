"""Monitors driven over points in memory, tick by tick, with what they remember between."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from lrcp.model.event import ServiceCheck
from lrcp.model.monitor import Monitor, parse_monitor
from lrcp.model.monitor_state import GroupState, State, Transition
from lrcp.monitors.evaluate.prepare import Prepared, prepare
from lrcp.monitors.tick import MonitorResult, TickResult, run_tick
from lrcp.query.memory.series import MemorySeries
from lrcp.query.memory.source import EventRecords, MemorySource
from lrcp.query.scan.source import Source


def define(query: str, type: str = "query alert", id: int = 1, **options: Any) -> Monitor:
    """A monitor with a query and options."""
    document = {"name": f"monitor {id}", "type": type, "query": query, "options": options}
    return parse_monitor(document, id=id)


def gauge(metric: str, points: dict[float, float], *tags: str) -> MemorySeries:
    """A gauge by its points, value by time."""
    return MemorySeries(metric, "gauge", tags, list(points), list(points.values()))


def count(metric: str, points: dict[float, float], *tags: str) -> MemorySeries:
    """A count by its points, value by time; ten seconds each."""
    return MemorySeries(metric, "count", tags, list(points), list(points.values()), interval_s=10)


def every(step_s: int, since_s: int, values: Iterable[float | None]) -> dict[float, float]:
    """Points at an even distance; None: none there."""
    return {since_s + at * step_s: value for at, value in enumerate(values) if value is not None}


class Drive:
    """A set of monitors, a source, and what is remembered: one tick after the other."""

    def __init__(
        self,
        *monitors: Monitor,
        series: Sequence[MemorySeries] = (),
        events: EventRecords | None = None,
        checks: Sequence[ServiceCheck] = (),
        source: Source | None = None,
    ) -> None:
        self.prepared: list[Prepared] = [prepare(monitor, {}) for monitor in monitors]
        self.source: Source = source or MemorySource(series, events, checks)
        self.states: dict[int, dict[str, GroupState]] = {monitor.id: {} for monitor in monitors}
        self.evaluated_s: dict[int, float] = {}
        self.transitions: list[Transition] = []

    def tick(self, at_s: int) -> TickResult:
        """One tick, remembered."""
        result = asyncio.run(run_tick(self.prepared, self.states, at_s, self.source, evaluated_s=self.evaluated_s))
        for id, one in result.monitors.items():
            self._remember(id, one, at_s)
        return result

    def at(self, at_s: int, id: int = 1) -> MonitorResult:
        """One tick, of which one monitor's result is wanted."""
        return self.tick(at_s).monitors[id]

    def through(self, since_s: int, until_s: int, step_s: int = 60) -> list[str]:
        """Ticks from one time to another; the transitions of monitor 1 as `at group kind`, `+` where it may notify."""
        before = len(self.transitions)
        for at_s in range(since_s, until_s + 1, step_s):
            self.tick(at_s)
        return [spell(transition) for transition in self.transitions[before:]]

    def state(self, group: str = "*", id: int = 1) -> State:
        """What a group is in now."""
        return self.states[id][group].state

    def _remember(self, id: int, result: MonitorResult, at_s: int) -> None:
        self.states[id].update({state.group: state for state in result.states})
        for name in result.gone:
            del self.states[id][name]
        self.transitions += result.transitions
        if result.evaluated:
            self.evaluated_s[id] = at_s


def spell(transition: Transition) -> str:
    """`600 host:a alert+`."""
    return f"{transition.time_s:g} {transition.group} {transition.kind}{'+' if transition.notify else ''}"

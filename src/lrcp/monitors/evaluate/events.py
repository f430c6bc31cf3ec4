"""Event monitors: logs, spans, LLM Observability spans, events and errors, aggregated over the window by group.

Source: DATADOG.md 3.3.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lrcp.model.errors import InputError
from lrcp.model.monitor import Monitor
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.evaluate.observer import Answers, Observer, Parts, Unanswerable
from lrcp.monitors.evaluate.timing import LookBack, look_back_of
from lrcp.monitors.observation import Observation
from lrcp.query.compute.windows import whole_window
from lrcp.query.monitor.ast import Comparison, EventMonitorQuery
from lrcp.query.scan.blocks import GroupBlock
from lrcp.query.scan.scans import EventScan, Scan
from lrcp.query.search.ast import Search
from lrcp.query.search.facets import find_source

COUNTED: Final = frozenset({"count", "cardinality", "sum"})
"""Aggregations whose value without events is 0."""

_BELOW: Final = ("<", "<=")


@dataclass(frozen=True, slots=True)
class EventObserver:
    """One search, aggregated over the whole window."""

    source: str
    search: Search
    aggregation: str
    measure: str
    by: tuple[str, ...]
    comparison: Comparison
    look_back: LookBack

    @property
    def keys(self) -> tuple[str, ...]:
        """The facets."""
        return self.by

    def scans(self, at_s: int) -> frozenset[Scan]:
        """One."""
        return frozenset((self._scan(at_s),))

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """One value a group."""
        scan = self._scan(at_s)
        block = answers[scan]
        assert isinstance(block, GroupBlock)
        values = block.values[:, 0]
        counted = self.aggregation in COUNTED
        there = ~np.isnan(values) & (values != 0 if counted else True)
        return Observation(
            keys=self.by,
            groups=block.groups,
            data=there,
            values=values,
            comparison=self.comparison,
            family="event",
            meaning=f"{self._spell()} of {self.source} in the last {spell_duration(scan.grid.step_s)}",
            window_s=scan.grid.step_s,
            zero_when_missing=counted,
            keeps_missing=bool(self.by) and self.comparison.operator in _BELOW,
            cut=block.cut,
        )

    def _scan(self, at_s: int) -> EventScan:
        grid = whole_window(*self.look_back.span(at_s))
        return EventScan(self.source, self.search, self.aggregation, self.measure, self.by, grid)

    def _spell(self) -> str:
        return f"{self.aggregation} of {self.measure}" if self.measure else self.aggregation


def observe_events(monitor: Monitor, query: EventMonitorQuery) -> Observer:
    """The observer of an event monitor; where nothing of the kind is stored, one that says so.

    Raises: QueryError - scheduling_options cannot be read.
    """
    try:
        find_source(query.source)
    except InputError as error:
        return Unanswerable(str(error), query.by)
    calls = dict(query.calls)
    if calls.get("source", ("all",))[0] not in ("all", "backend"):
        return Unanswerable("errors of browsers and mobile applications are not stored here", query.by)
    if "impact" in calls:
        return Unanswerable(
            "error-tracking is evaluated here without .impact(): users of errors are not kept", query.by
        )
    return EventObserver(
        source=query.source,
        search=query.tree,
        aggregation=query.aggregation,
        measure=query.measure,
        by=query.by,
        comparison=query.comparison,
        look_back=look_back_of(monitor, query.window),
    )

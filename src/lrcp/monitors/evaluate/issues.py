"""Error-tracking monitors of new issues: those that were not seen in the week before the window.

Source: DATADOG.md 3.3; what an issue is: docs/monitors/search.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from lrcp.monitors.duration import spell_duration
from lrcp.monitors.evaluate.events import EventObserver
from lrcp.monitors.evaluate.observer import Answers, Observer, Parts, Unanswerable
from lrcp.monitors.observation import Observation
from lrcp.query.scan.blocks import Block, GroupBlock
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import EventScan, Scan
from lrcp.query.search.ast import MatchAll

SEEN_S: Final = 7 * 86_400
"""An issue that was seen so shortly before the window is not new."""

SETTLE_S: Final = 3600
MOST_ISSUES: Final = 20_000

ISSUE: Final = "@issue.id"
ISSUE_NAMES: Final = frozenset({"@issue.id", "issue.id", "@issue_id", "issue_id"})
"""Names of the facet that a query may group by."""


@dataclass(frozen=True, slots=True)
class NewIssueObserver:
    """events: the same without .new(), grouped by the issue, at the place `issue` of its keys."""

    events: EventObserver
    issue: int

    @property
    def keys(self) -> tuple[str, ...]:
        """The facets."""
        return self.events.keys

    def scans(self, at_s: int) -> frozenset[Scan]:
        """The window's errors, and the issues of the week before it."""
        return self.events.scans(at_s) | set(self._before(at_s))

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """One value a new issue; those that were seen before are left out."""
        before = [answers[scan] for scan in self._before(at_s)]
        seen = {group[0] for block in before for group in _groups(block)}
        (scan,) = self.events.scans(at_s)
        block = answers[scan]
        assert isinstance(block, GroupBlock)
        kept = [row for row, group in enumerate(block.groups) if group[self.issue] not in seen]
        new = GroupBlock([block.groups[row] for row in kept], block.values[np.array(kept, dtype=np.intp)], block.cut)
        found = self.events.observe(at_s, {scan: new}, parts)
        found.meaning = f"{self.events.aggregation} of new issues in the last {spell_duration(found.window_s)}"
        if any(isinstance(one, GroupBlock) and one.cut for one in before):
            found.note = "more issues were seen before than are compared with, so that known ones may count as new"
        return found

    def _before(self, at_s: int) -> list[EventScan]:
        """Whatever the search: first up to a full hour, which is the same at each tick of that hour, then the rest."""
        start_s, _ = self.events.look_back.span(at_s)
        hour_s = (start_s - SETTLE_S) // 3600 * 3600
        scan = EventScan(
            "error-tracking", MatchAll(), "count", "", (ISSUE,), Grid(0, 10, 1), MOST_ISSUES, (MOST_ISSUES,)
        )
        grids = (Grid(hour_s - SEEN_S, SEEN_S, 1), Grid(hour_s, start_s - hour_s, 1))
        return [replace(scan, grid=grid) for grid in grids]


def observe_new_issues(events: EventObserver) -> Observer:
    """The observer of `.new()`; one that says why where the query is not grouped by the issue."""
    place = next((place for place, name in enumerate(events.by) if name in ISSUE_NAMES), None)
    if place is None:
        return Unanswerable(f'.new() is evaluated here with .by("{ISSUE}")', events.by)
    return NewIssueObserver(events, place)


def _groups(block: Block) -> Iterable[tuple[str, ...]]:
    assert isinstance(block, GroupBlock)
    return block.groups

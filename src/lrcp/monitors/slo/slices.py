"""Time-slice SLOs: slices of 60 or 300 s, each good when its value meets a condition, or when there is no value.

Source: DATADOG.md 3.9 and V11; checked by tests/spec/slo/slices.test.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.model.errors import InputError
from lrcp.model.slo import SliceIndicator
from lrcp.monitors.evaluate.observer import Answers
from lrcp.monitors.slo.corrections import Stretch, touched
from lrcp.monitors.slo.expressions import in_slices, read_expression
from lrcp.monitors.slo.uptime import Uptime
from lrcp.monitors.state.judge import COMPARE
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.metric.ast import Expression
from lrcp.query.scan.grid import Grid
from lrcp.query.scan.scans import Scan

SLICES_A_READ: Final = 4_000
"""Buckets of one scan; a longer period is read in several."""
MAX_SLICES: Final = 150_000
"""Of one period: 90 days of minutes are 129,600."""
MAX_GROUPS: Final = 1_000


@dataclass(frozen=True, slots=True)
class SliceQueries:
    """expression: whose value a slice is judged by."""

    expression: Expression
    indicator: SliceIndicator

    def span(self, from_s: int, to_s: int) -> Stretch:
        """The period in whole slices, aligned to the epoch: those that begin in it, and have ended by to_s."""
        slice_s = self.indicator.slice_s
        return -(-from_s // slice_s) * slice_s, to_s // slice_s * slice_s

    def scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        """What is to be read for the slices of a period. Raises: InputError - too many of them."""
        return frozenset(scan for grid in self._grids(from_s, to_s) for scan in plan_scans(self.expression, grid))

    def judge(self, from_s: int, to_s: int, answers: Answers, corrected: Sequence[Stretch]) -> Uptime:
        """Which slices were up, by group; a slice that a correction touches is up."""
        grids = list(self._grids(from_s, to_s))
        down: dict[tuple[str, ...], list[tuple[int, NDArray[np.bool_]]]] = {}
        keys: tuple[str, ...] = ()
        place = 0
        for grid in grids:
            found = evaluate_expression(self.expression, grid, answers)
            keys = found.keys or keys
            good = COMPARE[self.indicator.comparator](found.values, self.indicator.threshold)
            for group, row in zip(found.groups, ~good & ~np.isnan(found.values), strict=True):
                down.setdefault(group, []).append((place, row))
            place += grid.count
        groups = sorted(down)[:MAX_GROUPS]
        up = np.ones((len(groups), place), dtype=np.bool_)
        for index, group in enumerate(groups):
            for start, row in down[group]:
                up[index, start : start + len(row)] = ~row
        start_s, slice_s = self.span(from_s, to_s)[0], self.indicator.slice_s
        up[:, touched(corrected, start_s + slice_s * np.arange(place), slice_s)] = True
        counted = np.ones(place, dtype=np.bool_)
        return Uptime(Grid(start_s, slice_s, place), keys, groups, up, counted, cut=max(0, len(down) - MAX_GROUPS))

    def _grids(self, from_s: int, to_s: int) -> Iterator[Grid]:
        slice_s = self.indicator.slice_s
        start_s, end_s = self.span(from_s, to_s)
        if (end_s - start_s) // slice_s > MAX_SLICES:
            raise InputError(f"a period of {to_s - from_s} s has more than {MAX_SLICES} slices of {slice_s} s")
        for first_s in range(start_s, end_s, SLICES_A_READ * slice_s):
            yield Grid(first_s, slice_s, min(SLICES_A_READ, (end_s - first_s) // slice_s))


def read_slices(indicator: SliceIndicator) -> SliceQueries:
    """The query of a time-slice SLO. Raises: QueryError - it cannot be read."""
    return SliceQueries(in_slices(read_expression(indicator.formula, indicator.queries)), indicator)

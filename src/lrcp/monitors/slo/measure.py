"""Measure: what one type of SLO reads for a period, and what it finds. One class a type, rows of a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from lrcp.model.metric import BUCKET_S
from lrcp.model.slo import Slo
from lrcp.monitors.evaluate.observer import Answers
from lrcp.monitors.groups import name_groups
from lrcp.monitors.slo.corrections import Stretch, corrected_time
from lrcp.monitors.slo.events import EventCounts, EventQueries, count_events, read_events, sum_events
from lrcp.monitors.slo.monitors import MINUTE_S, find_past, judge_monitors, whole_minutes
from lrcp.monitors.slo.past import MonitorPast, PastStates
from lrcp.monitors.slo.pieces import Pieces, course_step_s, cut_period
from lrcp.monitors.slo.slices import SliceQueries, read_slices
from lrcp.monitors.slo.uptime import Flags, Uptime
from lrcp.query.errors import QueryError
from lrcp.query.scan.scans import Scan


@dataclass(frozen=True, slots=True)
class Part:
    """The whole, a group, or a monitor. good, valid: events, or seconds. changes: (Unix seconds, 1 up or 0 down).

    name: of the group (`env:prod`) or the monitor's id; '' the whole. past: of a monitor.
    """

    name: str
    good: float
    valid: float
    changes: tuple[tuple[int, int], ...] = ()
    past: MonitorPast | None = None

    @property
    def sli(self) -> float | None:
        """Ratio, None when nothing was valid."""
        return self.good / self.valid if self.valid > 0 else None


@dataclass(frozen=True, slots=True)
class Course:
    """Events, or seconds, by time. times_s: where buckets of step_s begin; the last may be cut short by the period's end."""

    step_s: int
    times_s: tuple[int, ...]
    good: tuple[float, ...]
    valid: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SloHistory:
    """An SLO in [from_s, to_s), aligned to its steps. course: of metric SLOs. corrected: stretches that do not count.

    cut: groups that were left out, beyond the limit. uptime: seconds by time, of the other types.
    """

    from_s: int
    to_s: int
    overall: Part
    groups: tuple[Part, ...] = ()
    monitors: tuple[Part, ...] = ()
    course: Course | None = None
    corrected: tuple[Stretch, ...] = ()
    cut: int = 0
    uptime: Course | None = None


class Measure(Protocol):
    """One SLO, ready to be asked. Periods are [from_s, to_s) in Unix seconds, multiples of step_s."""

    @property
    def step_s(self) -> int:
        """The finest that it looks at: 10 s, a slice, a minute."""

    def scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        """What ratio wants answered."""

    def ratio(self, from_s: int, to_s: int, answers: Answers) -> tuple[float, float]:
        """(good, valid) of the whole: events, or seconds."""

    def history_scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        """What history wants answered."""

    def history(self, from_s: int, to_s: int, answers: Answers) -> SloHistory:
        """The whole with its parts."""


class EventMeasure:
    """Metric SLOs."""

    step_s = BUCKET_S

    def __init__(self, slo: Slo, queries: EventQueries) -> None:
        self._slo = slo
        self._queries = queries

    def scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        return self._queries.scans(self._pieces(from_s, to_s, to_s - from_s).grids)

    def ratio(self, from_s: int, to_s: int, answers: Answers) -> tuple[float, float]:
        pieces = self._pieces(from_s, to_s, to_s - from_s)
        if self._slo.groups:
            counts = count_events(self._queries, pieces, answers)
            rows = self._rows(counts)
            return float(counts.good[rows].sum()), float(counts.valid[rows].sum())
        return sum_events(self._queries, pieces, answers)

    def history_scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        return self._queries.scans(self._course_pieces(from_s, to_s).grids)

    def history(self, from_s: int, to_s: int, answers: Answers) -> SloHistory:
        counts = count_events(self._queries, self._course_pieces(from_s, to_s), answers)
        rows = self._rows(counts)
        good, valid = counts.good[rows], counts.valid[rows]
        names = [name for name, kept in zip(_names(counts), self._kept(counts), strict=True) if kept]
        parts = [Part(name, float(g.sum()), float(v.sum())) for name, g, v in zip(names, good, valid, strict=True)]
        step_s = course_step_s(to_s - from_s)
        times_s = tuple(range(from_s, to_s, step_s))
        sums = [side.sum(axis=0) if len(rows) else [0.0] * len(times_s) for side in (good, valid)]
        return SloHistory(
            from_s,
            to_s,
            Part("", float(good.sum()), float(valid.sum())),
            groups=tuple(parts) if counts.keys else (),
            course=Course(step_s, times_s, *(tuple(map(float, side)) for side in sums)),
            corrected=corrected_time(self._slo.corrections, from_s, to_s),
        )

    def _course_pieces(self, from_s: int, to_s: int) -> Pieces:
        return self._pieces(from_s, to_s, course_step_s(to_s - from_s))

    def _pieces(self, from_s: int, to_s: int, step_s: int) -> Pieces:
        return cut_period(from_s, to_s, step_s, corrected_time(self._slo.corrections, from_s, to_s))

    def _kept(self, counts: EventCounts) -> list[bool]:
        wanted = {_sorted_name(name) for name in self._slo.groups}
        return [not wanted or name in wanted for name in _names(counts)]

    def _rows(self, counts: EventCounts) -> list[int]:
        return [row for row, kept in enumerate(self._kept(counts)) if kept]


class SliceMeasure:
    """Time-slice SLOs."""

    def __init__(self, slo: Slo, queries: SliceQueries) -> None:
        self._slo = slo
        self._queries = queries
        self.step_s = queries.indicator.slice_s

    def scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        return self._queries.scans(from_s, to_s)

    def ratio(self, from_s: int, to_s: int, answers: Answers) -> tuple[float, float]:
        uptime = self._judge(from_s, to_s, answers)
        return uptime.seconds(uptime.overall)

    def history_scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        return self._queries.scans(from_s, to_s)

    def history(self, from_s: int, to_s: int, answers: Answers) -> SloHistory:
        uptime = self._judge(from_s, to_s, answers)
        names = name_groups(uptime.keys, uptime.groups)
        parts = tuple(_part(name, uptime, row) for row, name in enumerate(names)) if uptime.keys else ()
        return _uptime_history(uptime, corrected_time(self._slo.corrections, from_s, to_s), groups=parts)

    def _judge(self, from_s: int, to_s: int, answers: Answers) -> Uptime:
        corrected = corrected_time(self._slo.corrections, from_s, to_s)
        uptime = self._queries.judge(from_s, to_s, answers, corrected)
        if not self._slo.groups:
            return uptime
        wanted = {_sorted_name(name) for name in self._slo.groups}
        rows = [row for row, name in enumerate(name_groups(uptime.keys, uptime.groups)) if name in wanted]
        uptime.up, uptime.groups = uptime.up[rows], [uptime.groups[row] for row in rows]
        return uptime


class MonitorMeasure:
    """Monitor SLOs. Calls of ratio and history block while the state database is read."""

    step_s = MINUTE_S

    def __init__(self, slo: Slo, past: PastStates) -> None:
        self._slo = slo
        self._past = past

    def scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        return frozenset()

    def ratio(self, from_s: int, to_s: int, answers: Answers) -> tuple[float, float]:
        uptime, _ = self._judge(from_s, to_s)
        return uptime.seconds(uptime.overall)

    def history_scans(self, from_s: int, to_s: int) -> frozenset[Scan]:
        return frozenset()

    def history(self, from_s: int, to_s: int, answers: Answers) -> SloHistory:
        uptime, pasts = self._judge(from_s, to_s)
        corrected = corrected_time(self._slo.corrections, from_s, to_s)
        if len(pasts) > 1:
            monitors = tuple(_part(str(past.monitor_id), uptime, row, past) for row, past in enumerate(pasts))
            return _uptime_history(uptime, corrected, monitors=monitors)
        groups = tuple(_part(group[0], uptime, row) for row, group in enumerate(uptime.groups) if group[0] != "*")
        return _uptime_history(uptime, corrected, groups=groups)

    def _judge(self, from_s: int, to_s: int) -> tuple[Uptime, Sequence[MonitorPast]]:
        grid = whole_minutes(from_s, to_s)
        pasts = find_past(self._past, self._slo.monitor_ids, grid)
        corrected = corrected_time(self._slo.corrections, grid.start_s, grid.end_s)
        return judge_monitors(pasts, self._slo.groups, grid, corrected), pasts


def _uptime_history(
    uptime: Uptime, corrected: tuple[Stretch, ...], *, groups: tuple[Part, ...] = (), monitors: tuple[Part, ...] = ()
) -> SloHistory:
    up = uptime.overall
    overall = Part("", *uptime.seconds(up), uptime.changes(up))
    return SloHistory(
        uptime.grid.start_s,
        uptime.grid.end_s,
        overall,
        groups,
        monitors,
        corrected=corrected,
        cut=uptime.cut,
        uptime=_uptime_course(uptime, up),
    )


def _uptime_course(uptime: Uptime, up: Flags) -> Course:
    """Good and counted seconds in about 180 buckets."""
    grid = uptime.grid
    fold = max(1, course_step_s(grid.end_s - grid.start_s) // grid.step_s)
    places = np.arange(0, len(up), fold)
    if not len(places):
        return Course(fold * grid.step_s, (), (), ())
    sides = (
        np.add.reduceat(steps.astype(np.int64), places) * grid.step_s for steps in (up & uptime.counted, uptime.counted)
    )
    good, valid = (tuple(map(float, side)) for side in sides)
    return Course(fold * grid.step_s, tuple(grid.start_s + int(place) * grid.step_s for place in places), good, valid)


def _part(name: str, uptime: Uptime, row: int, past: MonitorPast | None = None) -> Part:
    up = uptime.up[row]
    return Part(name, *uptime.seconds(up), uptime.changes(up), past)


def _names(counts: EventCounts) -> list[str]:
    return name_groups(counts.keys, counts.groups)


def _sorted_name(name: str) -> str:
    """A group's name with its tags in order, as name_groups gives it."""
    return ",".join(sorted(part.strip() for part in name.split(",")))


def measure_of(slo: Slo, past: PastStates | None = None) -> Measure:
    """An SLO, parsed and ready. past: what monitor SLOs are judged by.

    Raises: QueryError - its queries mean nothing; a monitor SLO where the past of monitors is not kept.
    """
    return _MEASURES[slo.type](slo, past)


def _events(slo: Slo, _: PastStates | None) -> Measure:
    assert slo.events is not None
    return EventMeasure(slo, read_events(slo.events))


def _slices(slo: Slo, _: PastStates | None) -> Measure:
    assert slo.slices is not None
    return SliceMeasure(slo, read_slices(slo.slices))


def _monitors(slo: Slo, past: PastStates | None) -> Measure:
    if past is None:
        raise QueryError(f"the SLO {slo.name!r} is of monitors, and what those went through is not kept here")
    return MonitorMeasure(slo, past)


_MEASURES: Final[dict[str, Callable[[Slo, PastStates | None], Measure]]] = {
    "metric": _events,
    "time_slice": _slices,
    "monitor": _monitors,
}

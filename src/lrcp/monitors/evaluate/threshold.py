"""Metric monitors with thresholds: an expression, reduced over the window; also its change against an earlier time.

Source: DATADOG.md 3.2 and 3.7.3-3.7.16; the arithmetic itself is lrcp.query.compute.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lrcp.model.monitor import Monitor
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.evaluate.observer import Answers, Parts
from lrcp.monitors.evaluate.timing import LookBack, look_back_of
from lrcp.monitors.observation import Observation, spell_cut
from lrcp.query.compute.change import plan_change, reduce_change
from lrcp.query.compute.reduce import plan_reduction, reduce_expression
from lrcp.query.compute.series import Reduced
from lrcp.query.compute.windows import full_window_grid
from lrcp.query.metric.ast import Expression
from lrcp.query.metric.parser import parse_expression
from lrcp.query.metric.walk import calls_in, metric_queries_in
from lrcp.query.monitor.ast import Change, Comparison, MetricMonitorQuery, Window
from lrcp.query.scan.scans import Scan

MOST_EMPTY_BUCKETS: Final = 3
"""A window with more empty buckets is not full."""

_REDUCERS: Final = {
    "avg": "average",
    "sum": "sum",
    "min": "minimum",
    "max": "maximum",
    "percentile": "percentile",
}


@dataclass(frozen=True, slots=True)
class ThresholdObserver:
    """A metric monitor. critical: the expression of thresholds.critical_query, over the same window; None without."""

    expression: Expression
    reducer: str
    comparison: Comparison
    look_back: LookBack
    meaning: str
    needs_full_window: bool
    zero_when_missing: bool
    change: Change | None = None
    critical: Expression | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of the query with the most of them."""
        return widest_keys(self.expression)

    def scans(self, at_s: int) -> frozenset[Scan]:
        """Those of the expression, and of the critical threshold where that is a query."""
        start_s, end_s = self.look_back.span(at_s)
        if self.change is None:
            scans = plan_reduction(self.expression, start_s, end_s, self.reducer)
        else:
            scans = plan_change(self.expression, start_s, end_s, self.change.shift.seconds, self.reducer)
        return scans if self.critical is None else scans | plan_reduction(self.critical, start_s, end_s, self.reducer)

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """One value a group."""
        start_s, end_s = self.look_back.span(at_s)
        reduced = self._reduce(start_s, end_s, answers)
        observation = Observation(
            keys=reduced.keys,
            groups=reduced.groups,
            data=reduced.filled > 0,
            values=reduced.values,
            comparison=self.comparison,
            meaning=self.meaning,
            window_s=end_s - start_s,
            zero_when_missing=self.zero_when_missing,
            note=spell_cut(reduced.cut),
        )
        if self.critical is not None:
            critical = reduce_expression(self.critical, start_s, end_s, self.reducer, answers)
            observation.critical = critical_values(reduced, critical)
            observation.note = spell_cut(reduced.cut + critical.cut)
        skip_unsure(observation, reduced, self.needs_full_window, start_s, end_s)
        return observation

    def _reduce(self, start_s: int, end_s: int, answers: Answers) -> Reduced:
        if self.change is None:
            return reduce_expression(self.expression, start_s, end_s, self.reducer, answers)
        shift_s, kind = self.change.shift.seconds, self.change.kind
        return reduce_change(self.expression, start_s, end_s, shift_s, self.reducer, kind, answers)


def observe_threshold(monitor: Monitor, query: MetricMonitorQuery) -> ThresholdObserver:
    """The observer of a threshold or change monitor.

    Raises: QueryError - critical_query or scheduling_options cannot be read.
    """
    critical = monitor.options.thresholds.critical_query
    compares_with_query = query.comparison.threshold is None and critical is not None
    return ThresholdObserver(
        expression=query.expression,
        change=query.change,
        reducer=query.reducer,
        comparison=query.comparison,
        look_back=look_back_of(monitor, query.window),
        meaning=spell_meaning(query.reducer, query.window, query.change),
        needs_full_window=bool(monitor.options.require_full_window),
        zero_when_missing=counts(query.expression),
        critical=parse_expression(critical) if compares_with_query and critical is not None else None,
    )


def spell_meaning(reducer: str, window: Window, change: Change | None = None) -> str:
    """`average of the last 5 minutes`, for people."""
    name = _REDUCERS.get(reducer, reducer)
    if window.kind == "current":
        over = {"h": "hour", "d": "day", "mo": "month"}.get(window.unit, window.unit)
        return f"{name} of the current {over}"
    against = "" if change is None else f" of the change against {spell_duration(change.shift.seconds)} earlier"
    percent = " in percent" if change is not None and change.kind == "pct_change" else ""
    return f"{name}{against}{percent} of the last {spell_duration(window.seconds)}"


def widest_keys(expression: Expression) -> tuple[str, ...]:
    """The grouping of an expression: that of the query with the most keys, to which the others are matched."""
    return max((query.by for query in metric_queries_in(expression)), key=len, default=())


def counts(expression: Expression) -> bool:
    """Whether no data means 0: everything is counted (as_count, or a count of values) and no default says otherwise."""
    queries = metric_queries_in(expression)
    counted = [query.modifier("as_count") is not None or query.condition is not None for query in queries]
    return bool(queries) and all(counted) and not _calls_default(expression)


def _calls_default(expression: Expression) -> bool:
    return any(call.name in ("default_zero", "default") for call in calls_in(expression))


def critical_values(reduced: Reduced, critical: Reduced) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The threshold of each group: its own, or the only one there is; NaN where there is none (nothing is judged then)."""
    if not critical.keys and len(critical.groups) == 1:
        return np.full(len(reduced.groups), critical.values[0])
    by_group = dict(zip(critical.groups, critical.values.tolist(), strict=True))
    return np.array([by_group.get(group, np.nan) for group in reduced.groups], dtype=np.float64)


def skip_unsure(observation: Observation, reduced: Reduced, needs_full_window: bool, start_s: int, end_s: int) -> None:
    """Groups with data that say too little: no value, and why."""
    missing, buckets = np.isnan(reduced.values), full_window_grid(start_s, end_s).count
    if needs_full_window:
        partial = np.logical_not(reduced.first_filled) | (reduced.empty_buckets > MOST_EMPTY_BUCKETS)
        observation.values = np.where(partial, np.nan, reduced.values)
        for index in np.flatnonzero(partial & observation.data).tolist():
            first = "" if reduced.first_filled[index] else ", the first among them"
            why = f"{_empty(reduced, index, buckets)}{first}, and the full window is required"
            observation.skipped[index] = f"skipped: {why}"
        missing &= ~partial
    for index in np.flatnonzero(missing & observation.data).tolist():
        observation.skipped[index] = f"skipped: {_empty(reduced, index, buckets)}, too few points to say"


def _empty(reduced: Reduced, index: int, buckets: int) -> str:
    """`2 of 5 buckets are empty`."""
    empty = int(reduced.empty_buckets[index])
    return f"{empty} of {buckets} buckets {'is' if empty == 1 else 'are'} empty"

"""Anomaly monitors: which share of the points of the alert window lies outside the band that is expected.

The band is an approximation of Datadog's, see docs/monitors/algorithms.md. Source: DATADOG.md 3.2.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lrcp.model.errors import InputError
from lrcp.model.monitor import Monitor
from lrcp.monitors.duration import parse_duration_s, spell_duration
from lrcp.monitors.evaluate.arguments import BUCKET_S, number_at, seconds_of, text_at, text_of
from lrcp.monitors.evaluate.observer import Answers, Parts
from lrcp.monitors.evaluate.threshold import widest_keys
from lrcp.monitors.evaluate.timing import LookBack, look_back_of
from lrcp.monitors.observation import Observation, spell_cut
from lrcp.query.algorithms.anomalies import (
    AnomalySettings,
    bounds,
    history_s,
    share_outside,
    with_count_default_zero,
)
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.series import SeriesSet
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import Call, Expression
from lrcp.query.monitor.ast import Comparison, MetricMonitorQuery
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import Scan

MOST_POINTS: Final = 65_000
"""Of one series; a longer history is cut. Six weeks of minutes are 60,480."""

USUAL_POINTS: Final = 20_160
"""Of a history: six weeks of three minutes, two weeks of minutes."""

LEAST_ALERT_POINTS: Final = 5
"""An alert window of fewer would say too little by its share."""

_USUAL_INTERVAL_S: Final = 60
_STEPS_S: Final = (20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)


@dataclass(frozen=True, slots=True)
class AnomalyObserver:
    """trigger_s, recovery_s: the windows that alert and recovery are judged by. interval_s: between points."""

    expression: Expression
    comparison: Comparison
    settings: AnomalySettings
    direction: str
    interval_s: int
    trigger_s: int
    recovery_s: int
    counts_zero: bool
    look_back: LookBack

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of the query."""
        return widest_keys(self.expression)

    def scans(self, at_s: int) -> frozenset[Scan]:
        """The windows and the history before them."""
        return plan_scans(self.expression, self._grid(at_s))

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """Shares of points outside: of the alert window, and of the recovery window."""
        found = evaluate_expression(self.expression, self._grid(at_s), answers)
        step_s = found.grid.step_s
        alert = slice(-max(1, self.trigger_s // step_s), None)
        recovery = slice(-max(1, self.recovery_s // step_s), None)
        low, high, values = self._bands(found)
        return Observation(
            keys=found.keys,
            groups=found.groups,
            data=np.logical_not(np.isnan(values[:, alert]).all(axis=1)),
            values=self._outside(values, low, high, alert),
            recovery=self._outside(values, low, high, recovery),
            comparison=self.comparison,
            meaning=f"share of the last {spell_duration(self.trigger_s)} outside the expected band",
            window_s=self.trigger_s,
            note=spell_cut(found.cut),
        )

    def _grid(self, at_s: int) -> Grid:
        """Aligned to the epoch, so that the same points are looked at until the next interval is over."""
        end_s = (at_s - self.look_back.delay_s) // self.interval_s * self.interval_s
        length_s = max(self.trigger_s, self.recovery_s) + history_s(self.settings, self.interval_s)
        count = min(MOST_POINTS, -(-length_s // self.interval_s))
        return Grid(end_s - count * self.interval_s, self.interval_s, count)

    def _bands(self, found: SeriesSet) -> tuple[Array, Array, Array]:
        """(low, high, values), from the first point of any series on: what was never there is no history."""
        values = with_count_default_zero(found.values) if self.counts_zero else found.values
        there = np.flatnonzero(~np.isnan(values).all(axis=0))
        first = int(there[0]) if len(there) else values.shape[1] - 1
        first = min(first, values.shape[1] - max(1, max(self.trigger_s, self.recovery_s) // found.grid.step_s))
        first = max(0, first)
        values, step_s = values[:, first:], found.grid.step_s
        if not len(values):
            return values, values, values
        low, high = bounds(values, self.settings, step_s=step_s, start_s=found.grid.start_s + first * step_s)
        return low, high, values

    def _outside(self, values: Array, low: Array, high: Array, part: slice) -> Array:
        return share_outside(values[:, part], low[:, part], high[:, part], direction=self.direction)


def observe_anomalies(monitor: Monitor, query: MetricMonitorQuery, call: Call) -> AnomalyObserver:
    """The observer of `avg(last_4h):anomalies(...) >= 1`; the query's own window says nothing.

    Raises: QueryError - an argument, or a window of options.threshold_windows, cannot be read.
    """
    windows = monitor.options.threshold_windows
    trigger_s = _window_s(windows.trigger_window if windows else None) or _alert_window_s(call)
    recovery_s = _window_s(windows.recovery_window if windows else None) or trigger_s
    return AnomalyObserver(
        expression=call.arguments[0],
        comparison=query.comparison,
        settings=_settings(call),
        direction=text_of(call, "direction") or "both",
        interval_s=anomaly_interval_s(call),
        trigger_s=trigger_s,
        recovery_s=recovery_s,
        counts_zero=text_of(call, "count_default_zero") == "true",
        look_back=look_back_of(monitor, query.window),
    )


def anomaly_interval_s(call: Call) -> int:
    """Seconds between points; nothing changes between two of them, so that is also how often there is an evaluation.

    Longer than asked for where the history would have more than USUAL_POINTS, six weeks by the minute say, and the alert
    window keeps LEAST_ALERT_POINTS all the same.
    """
    asked_s = seconds_of(call, "interval", _USUAL_INTERVAL_S)
    history = history_s(_settings(call), asked_s)
    if history <= USUAL_POINTS * asked_s:
        return asked_s
    fitting = (s for s in _STEPS_S if s >= asked_s and s % asked_s == 0 and s * USUAL_POINTS >= history)
    coarser_s = next(fitting, asked_s)
    return coarser_s if _alert_window_s(call) >= LEAST_ALERT_POINTS * coarser_s else asked_s


def _settings(call: Call) -> AnomalySettings:
    return AnomalySettings(
        algorithm=text_at(call, 1, "basic"),
        deviations=number_at(call, 2, 2.0),
        seasonality=text_of(call, "seasonality"),
        timezone=text_of(call, "timezone") or "UTC",
    )


def _alert_window_s(call: Call) -> int:
    return seconds_of(call, "alert_window", 900)


def _window_s(text: str | None) -> int:
    if text is None:
        return 0
    try:
        return -(-parse_duration_s(text) // BUCKET_S) * BUCKET_S
    except InputError as error:
        raise QueryError(f"options.threshold_windows: {error}") from error

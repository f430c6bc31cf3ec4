"""Forecast monitors: how high (max) or low (min) the expected band goes until the end of `next_...`.

An approximation of Datadog's, see docs/monitors/algorithms.md. Source: DATADOG.md 3.2.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lrcp.model.monitor import Monitor
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.evaluate.arguments import number_at, seconds_of, text_at, text_of
from lrcp.monitors.evaluate.observer import Answers, Parts
from lrcp.monitors.evaluate.threshold import widest_keys
from lrcp.monitors.evaluate.timing import LookBack, look_back_of
from lrcp.monitors.observation import Observation, spell_cut
from lrcp.query.algorithms.forecast import ForecastSettings, edge, forecast, history_s
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.series import SeriesSet
from lrcp.query.metric.ast import Call, Expression
from lrcp.query.monitor.ast import Comparison, MetricMonitorQuery
from lrcp.query.scan.grid import Array, Grid
from lrcp.query.scan.scans import Scan

MOST_POINTS: Final = 20_000
"""Of one series' history; a longer one is cut."""

_RECENT_S: Final = 3600
"""A series without a point for so long, or three intervals, has no data."""


@dataclass(frozen=True, slots=True)
class ForecastObserver:
    """reducer: max or min. interval_s: between points. horizon_s: how far ahead."""

    expression: Expression
    reducer: str
    comparison: Comparison
    settings: ForecastSettings
    interval_s: int
    horizon_s: int
    look_back: LookBack

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of the query."""
        return widest_keys(self.expression)

    def scans(self, at_s: int) -> frozenset[Scan]:
        """The history."""
        return plan_scans(self.expression, self._grid(at_s))

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """The edge of the band by group; NaN where there is too little history."""
        found = evaluate_expression(self.expression, self._grid(at_s), answers)
        grid = found.grid
        recent_s = max(_RECENT_S, 3 * grid.step_s)
        edges = self._edges(found)
        few = "skipped: too little history for a forecast"
        return Observation(
            keys=found.keys,
            groups=found.groups,
            data=np.logical_not(np.isnan(found.values[:, -max(1, recent_s // grid.step_s) :]).all(axis=1)),
            values=edges,
            comparison=self.comparison,
            meaning=f"{self.reducer} of the forecast for the next {spell_duration(self.horizon_s)}",
            window_s=recent_s,
            note=spell_cut(found.cut),
            skipped=dict.fromkeys(np.flatnonzero(np.isnan(edges)).tolist(), few),
        )

    def _edges(self, found: SeriesSet) -> Array:
        if not found.groups:
            return np.empty(0)
        times = {"step_s": found.grid.step_s, "start_s": found.grid.start_s, "horizon_s": self.horizon_s}
        return edge(forecast(found.values, self.settings, **times), self.reducer)

    def _grid(self, at_s: int) -> Grid:
        end_s = (at_s - self.look_back.delay_s) // self.interval_s * self.interval_s
        count = min(MOST_POINTS, max(1, history_s(self.settings, self.horizon_s) // self.interval_s))
        return Grid(end_s - count * self.interval_s, self.interval_s, count)


def observe_forecast(monitor: Monitor, query: MetricMonitorQuery, call: Call) -> ForecastObserver:
    """The observer of `max(next_1w):forecast(..., 'linear', 1, interval='60m') >= 90`.

    Raises: QueryError - an argument cannot be read.
    """
    history = seconds_of(call, "history", 0) or None
    settings = ForecastSettings(
        algorithm=text_at(call, 1, "linear"),
        deviations=number_at(call, 2, 1.0),
        model=text_of(call, "model") or "default",
        seasonality=text_of(call, "seasonality"),
        history_s=history,
    )
    return ForecastObserver(
        expression=call.arguments[0],
        reducer=query.reducer,
        comparison=query.comparison,
        settings=settings,
        interval_s=forecast_interval_s(query),
        horizon_s=query.window.seconds,
        look_back=look_back_of(monitor, query.window),
    )


def forecast_interval_s(query: MetricMonitorQuery) -> int:
    """Seconds between the points of the history."""
    assert isinstance(query.expression, Call)
    return seconds_of(query.expression, "interval", _usual_interval_s(query.window.seconds))


def _usual_interval_s(horizon_s: int) -> int:
    """About 200 points ahead, at least a minute each."""
    return max(60, horizon_s // 200 // 60 * 60)

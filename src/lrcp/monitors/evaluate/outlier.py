"""Outlier monitors: 1 for a group that behaves unlike the others over the window, else 0.

An approximation of Datadog's, see docs/monitors/algorithms.md. Source: DATADOG.md 3.2.
"""

from dataclasses import dataclass

import numpy as np

from lrcp.model.monitor import Monitor
from lrcp.monitors.duration import spell_duration
from lrcp.monitors.evaluate.arguments import number_at, text_at
from lrcp.monitors.evaluate.observer import Answers, Parts
from lrcp.monitors.evaluate.threshold import widest_keys
from lrcp.monitors.evaluate.timing import LookBack, look_back_of
from lrcp.monitors.observation import Observation, spell_cut
from lrcp.query.algorithms.outliers import outliers
from lrcp.query.compute.evaluate import evaluate_expression
from lrcp.query.compute.plan import plan_scans
from lrcp.query.compute.windows import window_grid
from lrcp.query.metric.ast import Call, Expression
from lrcp.query.monitor.ast import Comparison, MetricMonitorQuery
from lrcp.query.scan.scans import Scan


@dataclass(frozen=True, slots=True)
class OutlierObserver:
    """algorithm, tolerance, percentage: as lrcp.query.algorithms.outliers takes them."""

    expression: Expression
    comparison: Comparison
    algorithm: str
    tolerance: float
    percentage: float
    look_back: LookBack

    @property
    def keys(self) -> tuple[str, ...]:
        """Those of the query."""
        return widest_keys(self.expression)

    def scans(self, at_s: int) -> frozenset[Scan]:
        """Those of the expression over the window."""
        return plan_scans(self.expression, window_grid(*self.look_back.span(at_s)))

    def observe(self, at_s: int, answers: Answers, parts: Parts) -> Observation:
        """1 or 0 by group."""
        start_s, end_s = self.look_back.span(at_s)
        found = evaluate_expression(self.expression, window_grid(start_s, end_s), answers)
        flags = outliers(found.values, self.algorithm, self.tolerance, self.percentage)
        return Observation(
            keys=found.keys,
            groups=found.groups,
            data=np.logical_not(np.isnan(found.values).all(axis=1)),
            values=flags.astype(np.float64),
            comparison=self.comparison,
            meaning=f"1 is an outlier among {len(found.groups)} in the last {spell_duration(end_s - start_s)}",
            window_s=end_s - start_s,
            note=spell_cut(found.cut),
        )


def observe_outliers(monitor: Monitor, query: MetricMonitorQuery, call: Call) -> OutlierObserver:
    """The observer of `avg(last_30m):outliers(..., 'dbscan', 3) > 0`; the window's aggregator says nothing.

    Raises: QueryError - scheduling_options cannot be read.
    """
    return OutlierObserver(
        expression=call.arguments[0],
        comparison=query.comparison,
        algorithm=text_at(call, 1, "dbscan").lower(),
        tolerance=number_at(call, 2, 3.0),
        percentage=number_at(call, 3, 10.0),
        look_back=look_back_of(monitor, query.window),
    )

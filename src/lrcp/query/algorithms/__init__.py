"""Anomalies, outliers, forecasts, smoothing and regression: functions over arrays, called by the language's functions.

Datadog names these algorithms and does not publish their numerics, so all of them are approximations (see APPROXIMATIONS):
deterministic, documented in docs/monitors/algorithms.md, and never looking at a point's future.
"""

from typing import Final

APPROXIMATIONS: Final = frozenset(
    {"anomalies", "outliers", "forecast", "autosmooth", "robust_trend", "trend_line", "piecewise_constant"}
)
"""Functions of the language whose values Datadog does not define; an answer that used one says so."""

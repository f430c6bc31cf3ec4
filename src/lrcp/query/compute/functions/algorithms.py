"""anomalies, outliers and forecast over the points of a grid, as the query API shows them. Approximations of Datadog's.

A monitor's query of one of them is evaluated by the monitor, over its own history and horizon; here anomalies are 1 where a point lies
outside its band and 0 within, outliers are 1 where a group behaves unlike the others, and a forecast is what the history before the
grid lets expect in it.
"""

from typing import Final

import numpy as np

from lrcp.query.algorithms.anomalies import AnomalySettings, bounds
from lrcp.query.algorithms.anomalies import history_s as anomaly_history_s
from lrcp.query.algorithms.forecast import ForecastSettings, forecast
from lrcp.query.algorithms.forecast import history_s as forecast_history_s
from lrcp.query.algorithms.outliers import outliers
from lrcp.query.compute.functions.function import Arguments, Function, on_values
from lrcp.query.scan.grid import Array, Grid

_MOST_HISTORY: Final = 4_000
"""Buckets that are looked back at most."""


def _named(arguments: Arguments, name: str, default: str) -> str:
    value = arguments.by_name(name)
    return default if value is None else str(value)


def _anomaly_settings(arguments: Arguments) -> AnomalySettings:
    seasonality = _named(arguments, "seasonality", "") or None
    zone = _named(arguments, "timezone", "UTC")
    return AnomalySettings(arguments.text(0, "basic"), arguments.number(1, 2.0), seasonality, zone)


def _anomalies(values: Array, grid: Grid, arguments: Arguments) -> Array:
    low, high = bounds(values, _anomaly_settings(arguments), step_s=grid.step_s, start_s=grid.start_s)
    direction = _named(arguments, "direction", "both")
    outside = ((values > high) & (direction != "below")) | ((values < low) & (direction != "above"))
    return np.where(np.isnan(values) | np.isnan(low), np.nan, outside.astype(np.float64))


def _anomaly_history(arguments: Arguments, step_s: int) -> int:
    return min(_MOST_HISTORY, -(-anomaly_history_s(_anomaly_settings(arguments), step_s) // step_s))


def _outliers(values: Array, _grid: Grid, arguments: Arguments) -> Array:
    flags = outliers(values, arguments.text(0, "dbscan"), arguments.number(1, 3.0), arguments.number(2, 10.0))
    return np.where(np.isnan(values), np.nan, flags[:, None].astype(np.float64))


def _forecast_settings(arguments: Arguments) -> ForecastSettings:
    model, seasonality = _named(arguments, "model", "default"), _named(arguments, "seasonality", "") or None
    return ForecastSettings(arguments.text(0, "linear"), arguments.number(1, 1.0), model, seasonality)


def _forecast_history(arguments: Arguments, step_s: int) -> int:
    return min(_MOST_HISTORY, -(-forecast_history_s(_forecast_settings(arguments), 86_400) // step_s))


def _forecast(values: Array, grid: Grid, arguments: Arguments) -> Array:
    history = _forecast_history(arguments, grid.step_s)
    horizon_s = (grid.count - history) * grid.step_s
    found = forecast(
        values[:, :history],
        _forecast_settings(arguments),
        step_s=grid.step_s,
        start_s=grid.start_s,
        horizon_s=horizon_s,
    )
    return np.concatenate([values[:, :history], found.mean[:, : grid.count - history]], axis=1)


FUNCTIONS: Final = {
    "anomalies": Function(on_values(_anomalies), _anomaly_history),
    "outliers": Function(on_values(_outliers)),
    "forecast": Function(on_values(_forecast), _forecast_history),
}

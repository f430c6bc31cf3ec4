"""diff, monotonic_diff, dt, derivative, per_second, per_minute, per_hour, throughput.

Differences are to the point before, however long ago within HISTORY_S of the first bucket. They are taken after the groups are
formed; Datadog takes `diff` before.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from lrcp.query.compute.functions.function import Arguments, Function, on_values
from lrcp.query.compute.series import SeriesSet
from lrcp.query.scan.grid import Array, Grid

HISTORY_S: Final = 300
"""How far before the first bucket the point that it is compared with is looked for; at least one bucket."""


def before(values: Array) -> tuple[Array, Array]:
    """Of each column the place of the last point before it and its value, NaN where there is none."""
    columns = np.where(np.isnan(values), -1, np.arange(values.shape[1]))
    last = np.full(columns.shape, -1, dtype=columns.dtype)
    np.maximum.accumulate(columns[:, :-1], axis=1, out=last[:, 1:])
    there = last >= 0
    held = np.take_along_axis(values, np.maximum(last, 0), axis=1) if values.size else values
    return np.where(there, last, np.nan), np.where(there, held, np.nan)


def _history(_arguments: Arguments, step_s: int) -> int:
    return max(1, -(-HISTORY_S // step_s))


def _difference(values: Array, _grid: Grid, _arguments: Arguments) -> Array:
    return values - before(values)[1]


def _monotonic(values: Array, _grid: Grid, _arguments: Arguments) -> Array:
    """The difference where it is not negative; a counter that began anew gives no point."""
    change = values - before(values)[1]
    return np.where(change >= 0, change, np.nan)


def _rate(unit_s: int) -> Function:
    def apply(values: Array, grid: Grid, _arguments: Arguments) -> Array:
        place, held = before(values)
        return (values - held) / ((np.arange(values.shape[1]) - place) * grid.step_s) * unit_s

    return Function(on_values(apply), _history)


def _dt(found: SeriesSet, _arguments: Arguments) -> SeriesSet:
    """Seconds since the point before, of all groups together: one series."""
    there = ~np.isnan(found.values).all(axis=0) if len(found.groups) else np.zeros(found.grid.count, bool)
    values = np.where(there, 1.0, np.nan)[None, :]
    passed_s = (np.arange(found.grid.count) - before(values)[0]) * found.grid.step_s
    groups: list[tuple[str, ...]] = [()] if found.groups else []
    return SeriesSet(found.grid, (), groups, np.where(there, passed_s, np.nan)[: len(groups)], cut=found.cut)


def _throughput(values: Array, grid: Grid, _arguments: Arguments) -> Array:
    return values / grid.step_s


def _differences(change: Callable[[Array, Grid, Arguments], Array]) -> Function:
    return Function(on_values(change), _history)


FUNCTIONS: Final = {
    "diff": _differences(_difference),
    "monotonic_diff": _differences(_monotonic),
    "dt": Function(_dt, _history),
    "derivative": _rate(1),
    "per_second": _rate(1),
    "per_minute": _rate(60),
    "per_hour": _rate(3600),
    "throughput": Function(on_values(_throughput)),
}

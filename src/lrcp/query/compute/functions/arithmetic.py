"""abs, floor, log2, log10, cumsum, integral."""

from collections.abc import Callable
from typing import Final

import numpy as np

from lrcp.query.compute.functions.function import Arguments, Function, on_values
from lrcp.query.compute.functions.rate import before
from lrcp.query.scan.grid import Array, Grid


def _each(change: Callable[[Array], Array]) -> Function:
    def apply(values: Array, _grid: Grid, _arguments: Arguments) -> Array:
        with np.errstate(all="ignore"):
            changed = change(values)
        return np.where(np.isfinite(changed), changed, np.nan)

    return Function(on_values(apply), pointwise=True)


def _cumsum(values: Array, _grid: Grid, _arguments: Arguments) -> Array:
    """The sum up to each point; a missing point stays missing."""
    missing = np.isnan(values)
    return np.where(missing, np.nan, np.cumsum(np.where(missing, 0.0, values), axis=1))


def _integral(values: Array, grid: Grid, _arguments: Arguments) -> Array:
    """The area: each point times the seconds since the one before it, added up; the first one adds nothing."""
    passed_s = (np.arange(values.shape[1]) - before(values)[0]) * grid.step_s
    return _cumsum(np.where(np.isnan(values), np.nan, np.nan_to_num(values * passed_s)), grid, _arguments)


FUNCTIONS: Final = {
    "abs": _each(np.abs),
    "floor": _each(np.floor),
    "log2": _each(np.log2),
    "log10": _each(np.log10),
    "cumsum": Function(on_values(_cumsum)),
    "integral": Function(on_values(_integral)),
}

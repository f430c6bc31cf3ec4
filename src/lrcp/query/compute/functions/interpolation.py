"""fill, default_zero and default, of groups after they are formed. The modifier `.fill` is of series, before."""

from typing import Final

from lrcp.query.compute.fill import fill, fill_default
from lrcp.query.compute.functions.function import Arguments, Function, on_values, with_values
from lrcp.query.compute.leaf import INTERPOLATION_S, fill_of
from lrcp.query.compute.series import SeriesSet
from lrcp.query.scan.grid import Array, Grid


def _fill(values: Array, grid: Grid, arguments: Arguments) -> Array:
    limit_s = arguments.number(1) if len(arguments.positional) > 1 else None
    return fill(values, fill_of(arguments.text(0, "linear"), limit_s), grid.step_s)


def _default(found: SeriesSet, arguments: Arguments) -> SeriesSet:
    """A group without any point is not there, and stays so."""
    value = arguments.number(0, 0.0)
    return with_values(found, fill_default(found.values, found.gauge, INTERPOLATION_S, found.grid.step_s, value))


FUNCTIONS: Final = {
    "fill": Function(on_values(_fill)),
    "default_zero": Function(_default, pointwise=True),
    "default": Function(_default, pointwise=True),
}

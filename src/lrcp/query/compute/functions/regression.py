"""robust_trend, trend_line, piecewise_constant, over the points of the grid. Approximations of Datadog's."""

from collections.abc import Callable
from typing import Final

from lrcp.query.algorithms.regression import piecewise_constant, robust_trend, trend_line
from lrcp.query.compute.functions.function import Function, on_values
from lrcp.query.scan.grid import Array


def _fit(fit: Callable[[Array], Array]) -> Function:
    return Function(on_values(lambda values, _grid, _arguments: fit(values)))


FUNCTIONS: Final = {
    "robust_trend": _fit(robust_trend),
    "trend_line": _fit(trend_line),
    "piecewise_constant": _fit(piecewise_constant),
}

"""ewma_N and median_N over the last points, autosmooth."""

from collections.abc import Callable
from typing import Final

from lrcp.query.algorithms.smoothing import autosmooth, ewma, median
from lrcp.query.compute.functions.function import Arguments, Function, on_values
from lrcp.query.scan.grid import Array

_EWMA_REACH: Final = 4
"""History in spans: what is older weighs less than a part in 2,000."""


def _over(smooth: Callable[[Array, int], Array], span: int, history: int) -> Function:
    return Function(on_values(lambda values, _grid, _arguments: smooth(values, span)), _reaching(history))


def _reaching(buckets: int) -> Callable[[Arguments, int], int]:
    return lambda _arguments, _step_s: buckets


FUNCTIONS: Final = {
    **{f"ewma_{span}": _over(ewma, span, _EWMA_REACH * span) for span in (3, 5, 7, 10, 20)},
    **{f"median_{span}": _over(median, span, span - 1) for span in (3, 5, 7, 9)},
    "autosmooth": Function(on_values(lambda values, _grid, _arguments: autosmooth(values))),
}

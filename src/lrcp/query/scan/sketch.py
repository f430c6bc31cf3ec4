"""DDSketch as columns: how many values fell into which logarithmic bin of which cell. Cells merge by adding their rows.

Bin k holds values with GAMMA**k <= |v| < GAMMA**(k + 1), and stands for the value that is at most RELATIVE_ERROR from all
of these. GAMMA is that of the store's sketches, finer than the 1.015625 of Datadog's agent (0.5 % against 0.78 %), so that
a percentile over memory is the percentile over the store. Source: Masson, Rim, Lee, DDSketch, VLDB 2019; DATADOG.md 3.10;
checked against PyPI's ddsketch by tests/unit/query/scan/test_sketch.py
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lrcp.query.metric.ast import ValueCondition
from lrcp.query.scan.grid import Array

RELATIVE_ERROR: Final = 0.005
GAMMA: Final = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA: Final = float(np.log(GAMMA))
_TINY: Final = float(np.finfo(np.float64).tiny) * GAMMA
"""Values nearer to zero than this count as zero."""

COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(slots=True)
class Bins:
    """Rows of sketches. cells: int64[n], which sketch; values: float64[n], what the bin stands for; counts: float64[n]."""

    cells: NDArray[np.int64]
    values: Array
    counts: Array


def bin_values(values: Array) -> Array:
    """float64[n]: what each value's bin stands for, 0 for the bin of zero."""
    size = np.abs(values)
    with np.errstate(divide="ignore"):
        keys = np.floor(np.log(size) / _LOG_GAMMA)
    bins: Array = np.sign(values) * np.exp(keys * _LOG_GAMMA) * (1 + RELATIVE_ERROR)
    bins[size < _TINY] = 0.0
    return bins


def quantiles(bins: Bins, cells: int, quantile: float, low: Array, high: Array) -> Array:
    """float64[cells]: the value of rank quantile * (count - 1) in each cell, NaN in an empty one.

    low, high: float64[cells], the smallest and largest value, which are known exactly: no answer lies outside them.
    """
    order = np.lexsort((bins.values, bins.cells))
    cell, value, count = bins.cells[order], bins.values[order], bins.counts[order]
    total = np.bincount(cell, count, cells)
    running = np.cumsum(count) - (np.cumsum(total) - total)[cell]
    # Sums of whole numbers are exact in float64; a rank is compared as the reference does, with > on the running count.
    reached = np.flatnonzero(running > (quantile * (total - 1))[cell])
    found: Array = np.full(cells, np.nan)
    found[cell[reached][::-1]] = value[reached][::-1]
    return np.minimum(np.maximum(found, low), high)


def count_where(bins: Bins, cells: int, condition: ValueCondition, low: Array, high: Array) -> Array:
    """float64[cells]: how many values of each cell meet a condition, NaN in an empty cell.

    A bin counts whole, by the value that it stands for; a cell whose values all lie on one side is exact.
    """
    compare = COMPARE[condition.comparator]
    total = np.bincount(bins.cells, bins.counts, cells)
    value = np.minimum(np.maximum(bins.values, low[bins.cells]), high[bins.cells])
    meeting = np.bincount(bins.cells, bins.counts * compare(value, condition.value), cells)
    return np.where(total > 0, meeting, np.nan)

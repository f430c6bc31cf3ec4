"""exclude_null, clamp_min, clamp_max, cutoff_min, cutoff_max."""

from collections.abc import Callable
from typing import Final

import numpy as np

from lrcp.query.compute.functions.function import Arguments, Function, on_values, with_rows
from lrcp.query.compute.series import SeriesSet
from lrcp.query.scan.grid import Array

_NULL: Final = frozenset({"", "N/A", "n/a"})


def _exclude_null(found: SeriesSet, _arguments: Arguments) -> SeriesSet:
    """Without groups of which a key has no value; metric queries have none, variables of events may."""
    rows = [row for row, group in enumerate(found.groups) if not _NULL.intersection(group)]
    return found if len(rows) == len(found.groups) else with_rows(found, rows)


def _limit(change: Callable[[Array, float], Array]) -> Function:
    return Function(on_values(lambda values, _grid, arguments: change(values, arguments.number(0))), pointwise=True)


FUNCTIONS: Final = {
    "exclude_null": Function(_exclude_null, pointwise=True),
    "clamp_min": _limit(lambda values, limit: np.maximum(values, limit)),
    "clamp_max": _limit(lambda values, limit: np.minimum(values, limit)),
    "cutoff_min": _limit(lambda values, limit: np.where(values < limit, np.nan, values)),
    "cutoff_max": _limit(lambda values, limit: np.where(values > limit, np.nan, values)),
}

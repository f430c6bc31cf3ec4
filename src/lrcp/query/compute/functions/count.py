"""count_nonzero, count_not_null: how many groups there are at each point; one series, 0 where no group has a point."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.query.compute.functions.function import Arguments, Function
from lrcp.query.compute.series import SeriesSet
from lrcp.query.scan.grid import Array


def _counting(met: Callable[[Array], NDArray[np.bool_]]) -> Function:
    def apply(found: SeriesSet, _arguments: Arguments) -> SeriesSet:
        groups: list[tuple[str, ...]] = [()] if found.groups else []
        counts = met(found.values).sum(axis=0, dtype=np.float64)[None, :]
        return SeriesSet(found.grid, (), groups, counts[: len(groups)], cut=found.cut)

    return Function(apply, pointwise=True)


FUNCTIONS: Final = {
    "count_nonzero": _counting(lambda values: ~np.isnan(values) & (values != 0)),
    "count_not_null": _counting(lambda values: ~np.isnan(values)),
}

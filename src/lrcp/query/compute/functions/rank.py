"""top, bottom, top_offset and their short forms: which groups are shown, ranked over the whole grid."""

from collections.abc import Callable
from typing import Final

import numpy as np

from lrcp.query.compute.functions.function import Arguments, Function, with_rows
from lrcp.query.compute.reducers import REDUCERS
from lrcp.query.compute.series import SeriesSet

_BY: Final = ("mean", "min", "max", "last", "sum", "area", "l2norm")
_SIZES: Final = (5, 10, 15, 20)


def _rank(found: SeriesSet, by: str, descending: bool, first: int, count: int) -> SeriesSet:
    """count groups from the first-th on; those without a point come last, ties in the order of their names."""
    order = sorted(range(len(found.groups)), key=found.groups.__getitem__)
    values = REDUCERS[by](found.values, found.grid.step_s)[order]
    ranks = np.argsort(np.where(np.isnan(values), np.inf, -values if descending else values), kind="stable")
    return with_rows(found, [order[rank] for rank in ranks[first : first + count]])


def _top(found: SeriesSet, arguments: Arguments) -> SeriesSet:
    by, direction = arguments.text(1, "mean", _BY), arguments.text(2, "desc", ("asc", "desc"))
    return _rank(found, by, direction == "desc", 0, _whole(arguments, 0))


def _bottom(found: SeriesSet, arguments: Arguments) -> SeriesSet:
    return _rank(found, arguments.text(1, "mean", _BY), False, 0, _whole(arguments, 0))


def _top_offset(found: SeriesSet, arguments: Arguments) -> SeriesSet:
    by, direction = arguments.text(1, "mean", _BY), arguments.text(2, "desc", ("asc", "desc"))
    return _rank(found, by, direction == "desc", _whole(arguments, 3, 0.0), _whole(arguments, 0))


def _whole(arguments: Arguments, place: int, default: float | None = None) -> int:
    return max(0, int(arguments.number(place, default)))


def _short(by: str, descending: bool, count: int) -> Callable[[SeriesSet, Arguments], SeriesSet]:
    return lambda found, _arguments: _rank(found, by, descending, 0, count)


_SHORT: Final = {
    f"{'top' if descending else 'bottom'}{count}_{by}": Function(_short(by, descending, count))
    for descending in (True, False)
    for count in _SIZES
    for by in _BY
}
FUNCTIONS: Final = {
    "top": Function(_top),
    "bottom": Function(_bottom),
    "top_offset": Function(_top_offset),
    **_SHORT,
}

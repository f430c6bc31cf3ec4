"""Every function by its name."""

from typing import Final

from lrcp.query.compute.functions import (
    algorithms,
    arithmetic,
    count,
    exclusion,
    interpolation,
    rank,
    rate,
    regression,
    rolling,
    smoothing,
    timeshift,
)
from lrcp.query.compute.functions.function import Function
from lrcp.query.errors import QueryError

FUNCTIONS: Final[dict[str, Function]] = {
    **algorithms.FUNCTIONS,
    **arithmetic.FUNCTIONS,
    **count.FUNCTIONS,
    **exclusion.FUNCTIONS,
    **interpolation.FUNCTIONS,
    **rank.FUNCTIONS,
    **rate.FUNCTIONS,
    **regression.FUNCTIONS,
    **rolling.FUNCTIONS,
    **smoothing.FUNCTIONS,
    **timeshift.FUNCTIONS,
}
APPROXIMATIONS: Final = frozenset({"anomalies", "outliers", "forecast", "autosmooth", *regression.FUNCTIONS})
"""Functions whose numerics Datadog does not publish; ours are of docs/monitors/algorithms.md."""


def get_function(name: str) -> Function:
    """Raises: QueryError - there is none of that name."""
    found = FUNCTIONS.get(name)
    if found is None:
        raise QueryError(f"there is no function {name}")
    return found

"""What counts as a point."""

import numpy as np

from lrcp.query.scan.grid import Array


def finite(values: Array) -> Array:
    """Infinities are no points: a division by nothing is not to move a band. The same array where there are none."""
    return np.where(np.isinf(values), np.nan, values) if np.isinf(values).any() else values

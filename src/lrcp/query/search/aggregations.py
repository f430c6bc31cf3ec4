"""How an event query makes one number of many records: count, cardinality, avg, sum, min, max, median, pc75 to pc99."""

import re
from dataclasses import dataclass
from typing import Final

from lrcp.model.errors import InputError

_PERCENTILE: Final = re.compile(r"pc(\d{1,2}(?:\.\d{1,3})?)\Z", re.ASCII)
_KINDS: Final = frozenset({"count", "cardinality", "avg", "sum", "min", "max"})


@dataclass(frozen=True, slots=True)
class Aggregation:
    """kind: one of count, cardinality, avg, sum, min, max, quantile. quantile: of the last, 0 to 1."""

    kind: str
    quantile: float = 0.0

    @property
    def empty(self) -> float:
        """The value of no record at all."""
        return 0.0 if self.kind in ("count", "cardinality") else float("nan")

    @property
    def additive(self) -> bool:
        """Whether the value of several groups together is their sum."""
        return self.kind in ("count", "sum")


def parse_aggregation(name: str, measure: str) -> Aggregation:
    """An aggregation by its name. Raises: InputError - there is none of that name, or it needs a measure."""
    percentile = _PERCENTILE.match(name)
    if percentile:
        found = Aggregation("quantile", float(percentile[1]) / 100)
    elif name == "median":
        found = Aggregation("quantile", 0.5)
    elif name in _KINDS:
        found = Aggregation(name)
    else:
        raise InputError(
            f"there is no aggregation {name[:60]!r}: count, cardinality, avg, sum, min, max, median, pc75 to pc99"
        )
    if found.kind != "count" and not measure:
        raise InputError(f"the aggregation {name} needs a measure, such as @duration")
    return found

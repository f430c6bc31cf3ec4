"""Which groups of an event query are kept: so many of each facet, the largest first.

Source: Datadog documentation, log monitors; DATADOG.md 3.3 (group limits).
"""

import math
from collections.abc import Sequence
from typing import Final

from lrcp.model.errors import InputError

Group = tuple[str, ...]

MAX_KEYS: Final = 4
_LIMITS: Final = {0: (), 1: (1000,), 2: (30, 30), 3: (10, 10, 10), 4: (5, 5, 5, 5)}


def default_limits(keys: int) -> tuple[int, ...]:
    """How many values of each facet are kept by default. Raises: InputError - more than MAX_KEYS facets."""
    if keys > MAX_KEYS:
        raise InputError(f"an event query groups by at most {MAX_KEYS} facets, not {keys}")
    return _LIMITS[keys]


def keep_groups(
    groups: Sequence[Group], totals: Sequence[float], limits: Sequence[int], limit: int, *, additive: bool
) -> list[int]:
    """Places of the groups that are kept, the largest first, equal ones by name.

    Args:
        totals: of each group, over the whole time; NaN is smallest.
        limits: of each key, how many of its values are kept within the values of the keys before it.
        limit: how many groups are kept in all.
        additive: whether the total of several groups is their sum (a count is), else it is the largest of them.
    """
    order = sorted(range(len(groups)), key=lambda place: (-_or_least(totals[place]), groups[place]))
    kept = order
    for depth, most in enumerate(limits, start=1):
        kept = _keep_level(groups, totals, kept, depth, most, additive)
    return kept[:limit]


def _keep_level(
    groups: Sequence[Group], totals: Sequence[float], places: list[int], depth: int, most: int, additive: bool
) -> list[int]:
    """Of these places, those whose key at this depth is among the `most` largest below the same keys before it."""
    sizes: dict[Group, float] = {}
    for place in places:
        name, total = groups[place][:depth], _or_least(totals[place])
        before = sizes.get(name)
        sizes[name] = total if before is None else before + total if additive else max(before, total)
    allowed: set[Group] = set()
    taken: dict[Group, int] = {}
    for name in sorted(sizes, key=lambda name: (-sizes[name], name)):
        if taken.get(name[:-1], 0) < most:
            taken[name[:-1]] = taken.get(name[:-1], 0) + 1
            allowed.add(name)
    return [place for place in places if groups[place][:depth] in allowed]


def _or_least(total: float) -> float:
    return -math.inf if math.isnan(total) else total

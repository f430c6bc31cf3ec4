"""What differs between two policies, member by member."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import msgspec

from lrcp.model.policy.canonical import plain_policy
from lrcp.model.policy.document import Policy


class PolicyChange(msgspec.Struct, frozen=True):
    """One member, as plain values. place: `$.routes[name=chat].targets[0].weight`; items that have names are found by them.

    before, after: None also for an item that is not there; members that are not given have their default.
    """

    place: str
    before: Any
    after: Any


def diff_policies(before: Policy, after: Policy) -> list[PolicyChange]:
    """Every change, in the order of the document; [] when both say the same."""
    return list(_diff("$", before, after))


def _diff(place: str, before: Any, after: Any) -> Iterator[PolicyChange]:
    if isinstance(before, msgspec.Struct) and type(before) is type(after):
        for name in before.__struct_fields__:
            yield from _diff(f"{place}.{name}", getattr(before, name), getattr(after, name))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() | after.keys()):
            yield from _diff(f"{place}.{name}", before.get(name), after.get(name))
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield from _diff_lists(place, before, after)
    elif before != after or type(before) is not type(after):
        yield PolicyChange(place, plain_policy(before), plain_policy(after))


def _diff_lists(place: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[PolicyChange]:
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        for number, (one, other) in enumerate(zip_longest(before, after)):
            yield from _diff(f"{place}[{number}]", one, other)
        return
    for name in dict.fromkeys((*old, *new)):
        yield from _diff(f"{place}[name={name}]", old.get(name), new.get(name))
    orders = [[name for name in one if name in other] for one, other in ((old, new), (new, old))]
    if orders[0] != orders[1]:
        # The first one that matches decides, so the order means something.
        yield PolicyChange(f"{place}.order", orders[0], orders[1])


def _by_name(items: Sequence[Any]) -> dict[str, Any] | None:
    """The items by their names, None when they have none."""
    if not all(hasattr(item, "name") for item in items):
        return None
    return {item.name: item for item in items}

"""What differs between two policies, member by member."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from lrcp.model.policy.canonical import plain_policy
from lrcp.model.policy.document import Policy

ABSENT: Final = None
"""What stands for a member that one of the two does not have."""


class PolicyChange(msgspec.Struct, frozen=True):
    """One member. place: `$.routes[name=chat].targets[0].weight`; items that have names are found by them."""

    place: str
    before: Any
    after: Any


def diff_policies(before: Policy, after: Policy) -> list[PolicyChange]:
    """Every change, in the order of the document; [] when both say the same."""
    return list(_diff("$", plain_policy(before), plain_policy(after)))


def _diff(place: str, before: Any, after: Any) -> Iterator[PolicyChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _diff_objects(place, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _diff_lists(place, before, after)
    elif before != after or type(before) is not type(after):
        yield PolicyChange(place, before, after)


def _diff_objects(place: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[PolicyChange]:
    for name in dict.fromkeys((*before, *after)):
        yield from _diff(f"{place}.{name}", before.get(name, ABSENT), after.get(name, ABSENT))


def _diff_lists(place: str, before: list[Any], after: list[Any]) -> Iterator[PolicyChange]:
    old, new = _by_name(before), _by_name(after)
    if old is None or new is None:
        for number in range(max(len(before), len(after))):
            yield from _diff(f"{place}[{number}]", _at(before, number), _at(after, number))
        return
    for name in dict.fromkeys((*old, *new)):
        yield from _diff(f"{place}[name={name}]", old.get(name, ABSENT), new.get(name, ABSENT))
    orders = [[name for name in one if name in other] for one, other in ((old, new), (new, old))]
    if orders[0] != orders[1]:
        # The first one that matches decides, so the order means something.
        yield PolicyChange(f"{place}.order", orders[0], orders[1])


def _by_name(items: list[Any]) -> dict[str, Any] | None:
    """The items by their names, None when they have none."""
    if not all(isinstance(item, dict) and "name" in item for item in items):
        return None
    return {item["name"]: item for item in items}


def _at(items: list[Any], number: int) -> Any:
    return items[number] if number < len(items) else ABSENT

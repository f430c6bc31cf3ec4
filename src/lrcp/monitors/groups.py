"""Names of groups: `env:prod,host:a`, the keys sorted; '*' for a monitor without groups."""

from collections.abc import Sequence

from lrcp.model.tags import split_tag

EVERYTHING = "*"
TAG_SETS = ("*",)
"""Keys of a grouping by whole tag sets: a group's values are its tags."""


def name_groups(keys: tuple[str, ...], groups: Sequence[tuple[str, ...]]) -> list[str]:
    """The name of each group. keys: of the grouping; groups: their values in the same order."""
    if keys == TAG_SETS:
        return [",".join(values) or EVERYTHING for values in groups]
    if not keys:
        return [EVERYTHING] * len(groups)
    if len(keys) == 1:
        start = f"{keys[0]}:"
        return [start + values[0] for values in groups]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    starts = [f"{keys[at]}:" for at in order]
    return [",".join([start + values[at] for start, at in zip(starts, order, strict=True)]) for values in groups]


def tags_of_group(name: str, keys: tuple[str, ...]) -> dict[str, str]:
    """The values by key of a named group; keys: of its grouping. A value may hold a comma: it ends where the next key begins."""
    if name == EVERYTHING:
        return {}
    if tuple(keys) == TAG_SETS:
        return dict(split_tag(tag) for tag in name.split(","))
    found: dict[str, str] = {}
    rest = name
    for key in sorted(keys, reverse=True):
        before, _, value = (
            rest.rpartition(f",{key}:") if not rest.startswith(f"{key}:") else ("", "", rest[len(key) + 1 :])
        )
        found[key] = value
        rest = before
    return found


def values_of_group(name: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The values of a named group in the order of the keys; of a tag set in the order of its tags."""
    tags = tags_of_group(name, keys)
    return tuple(tags.values()) if keys == TAG_SETS else tuple(tags[key] for key in keys)


def narrow_group(name: str, keys: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """The group by fewer keys that a named group belongs to; '*' for none."""
    tags = tags_of_group(name, keys)
    kept = [f"{key}:{tags[key]}" for key in sorted(wanted) if key in tags]
    return ",".join(kept) or EVERYTHING

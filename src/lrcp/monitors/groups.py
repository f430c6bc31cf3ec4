"""Names of groups: `env:prod,host:a`, the keys sorted; '*' for a monitor without groups."""

from collections.abc import Iterable, Sequence

EVERYTHING = "*"


def name_groups(keys: tuple[str, ...], groups: Sequence[tuple[str, ...]]) -> list[str]:
    """The name of each group. keys: of the grouping; groups: their values in the same order."""
    if not keys:
        return [EVERYTHING] * len(groups)
    if len(keys) == 1:
        start = f"{keys[0]}:"
        return [start + values[0] for values in groups]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    starts = [f"{keys[at]}:" for at in order]
    return [",".join([start + values[at] for start, at in zip(starts, order, strict=True)]) for values in groups]


def tags_of_group(name: str, keys: Iterable[str]) -> dict[str, str]:
    """The values by key of a named group; keys: of its grouping. A value may hold a comma: it ends where the next key begins."""
    if name == EVERYTHING:
        return {}
    found: dict[str, str] = {}
    rest = name
    for key in sorted(keys, reverse=True):
        before, _, value = (
            rest.rpartition(f",{key}:") if not rest.startswith(f"{key}:") else ("", "", rest[len(key) + 1 :])
        )
        found[key] = value
        rest = before
    return found


def narrow_group(name: str, keys: tuple[str, ...], wanted: tuple[str, ...]) -> str:
    """The group by fewer keys that a named group belongs to; '*' for none."""
    tags = tags_of_group(name, keys)
    kept = [f"{key}:{tags[key]}" for key in sorted(wanted) if key in tags]
    return ",".join(kept) or EVERYTHING

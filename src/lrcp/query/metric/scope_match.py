"""Which tag sets a scope means. Both Sources select series here, so a scope means the same over memory and over the store.

Tags are compared in Datadog's normal form (lower case, other characters as `_`): `{endpoint:post_/qa}` finds the derived
metrics' `endpoint:POST /qa`, whose case is kept. checked by tests/unit/query/metric/test_scope_match.py
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lrcp.model.tags import fold_tag_text, normalize_tag, split_tag
from lrcp.query.errors import QueryError
from lrcp.query.metric.ast import (
    Everything,
    Scope,
    ScopeAnd,
    ScopeNot,
    ScopeOr,
    TagIn,
    TagMatch,
    TemplateVariable,
)

Mask = NDArray[np.bool_]

_MAX_REMEMBERED: Final = 4096
"""Masks kept of one index; then all are forgotten."""
_MAX_SELECTED: Final = 256


@dataclass(frozen=True, slots=True)
class Membership:
    """Which tag sets belong to which group. names: values of the keys, by group.

    groups: int64[m], the groups of the first tag set, then of the second, ...; starts: int64[n], where each one's begin;
    sizes: int64[n], how many it has, 0 where it misses a key.
    """

    names: list[tuple[str, ...]]
    groups: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def expand(self, sets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """For rows of these tag sets: (places of rows, groups), a row once for each group that it belongs to."""
        sizes = self.sizes[sets]
        places = np.repeat(np.arange(len(sets)), sizes)
        within = np.arange(len(places)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return places, self.groups[self.starts[sets][places] + within]


class TagIndex:
    """Tag sets by their tags, so that a scope is a few look-ups over all of them instead of a test of each.

    Answers are remembered and shared: they are not to be written to.
    """

    def __init__(self, tag_sets: Sequence[tuple[str, ...]]) -> None:
        self.tag_sets = tag_sets
        self._holders = _holders(tag_sets)
        self._by_key: dict[str, list[str]] = {}
        for tag in self._holders:
            self._by_key.setdefault(split_tag(tag)[0], []).append(tag)
        self._masks: dict[Scope, Mask] = {}
        self._groups: dict[tuple[str, ...], Membership] = {}
        self._selected: dict[bytes, list[tuple[str, ...]]] = {}

    def mask(self, scope: Scope) -> Mask:
        """bool[n]: which tag sets are within a scope.

        Raises: QueryError - the scope holds a template variable.
        """
        found = self._masks.get(scope)
        if found is None:
            if len(self._masks) >= _MAX_REMEMBERED:
                self._masks.clear()
            found = self._masks[scope] = self._work_out(scope)
        return found

    def groups(self, by: tuple[str, ...]) -> Membership:
        """The groups by some keys. Values stand as they were stored; a tag set with several values of a key belongs to the
        group of each."""
        found = self._groups.get(by)
        if found is None:
            if len(self._groups) >= _MAX_REMEMBERED:
                self._groups.clear()
            found = self._groups[by] = _group(self.tag_sets, by)
        return found

    def select(self, places: NDArray[np.int64]) -> list[tuple[str, ...]]:
        """The tag sets at some places; the same list for the same places, by which evaluation knows what it grouped before."""
        key = places.tobytes()
        found = self._selected.get(key)
        if found is None:
            if len(self._selected) >= _MAX_SELECTED:
                self._selected.clear()
            found = self._selected[key] = [self.tag_sets[place] for place in places.tolist()]
        return found

    def _work_out(self, scope: Scope) -> Mask:
        match scope:
            case Everything():
                return np.ones(len(self.tag_sets), bool)
            case TagMatch(key, value):
                return self._with_any([_wanted(key, value)])
            case TagIn(key, values):
                return self._with_any([_wanted(key, value) for value in values])
            case ScopeNot(term):
                return ~self.mask(term)
            case ScopeAnd(terms):
                return reduce(np.logical_and, map(self.mask, terms))
            case ScopeOr(terms):
                return reduce(np.logical_or, map(self.mask, terms))
            case TemplateVariable(name):
                raise QueryError(f"the template variable ${name} has no value here; it belongs to a dashboard")

    def _with_any(self, wanted: list[str]) -> Mask:
        mask = np.zeros(len(self.tag_sets), bool)
        for tag in self._spellings(wanted):
            mask[self._holders[tag]] = True
        return mask

    def _spellings(self, wanted: list[str]) -> Iterable[str]:
        """The tags that are there for what is wanted; wildcards stand at the ends of a value only."""
        for one in wanted:
            if "*" not in one:
                if one in self._holders:
                    yield one
                continue
            key = split_tag(one)[0]
            among = self._holders if "*" in key else self._by_key.get(key, ())
            matches = _matcher(one)
            yield from (tag for tag in among if matches(tag))


def compile_scope(scope: Scope) -> Callable[[tuple[str, ...]], bool]:
    """A test of one tag set; of many at once TagIndex is quicker."""
    return lambda tags: bool(TagIndex([tags]).mask(scope)[0])


def _holders(tag_sets: Sequence[tuple[str, ...]]) -> dict[str, NDArray[np.int64]]:
    """Normal form of each tag -> which tag sets hold it."""
    normal: dict[str, str] = {}
    holders: dict[str, list[int]] = {}
    for place, tags in enumerate(tag_sets):
        for tag in tags:
            clean = normal.get(tag)
            if clean is None:
                clean = normal[tag] = normalize_tag(tag)
            holders.setdefault(clean, []).append(place)
    return {tag: np.array(places, np.int64) for tag, places in holders.items()}


def _wanted(key: str, value: str | None) -> str:
    """What a tag must be in normal form, with `*` where anything may stand."""
    if value is None:
        return _with_stars(key)
    if "*" in value:
        return f"{fold_tag_text(key)}:{_with_stars(value)}"
    return normalize_tag(f"{key}:{value}")


def _with_stars(text: str) -> str:
    return "*".join(fold_tag_text(piece) for piece in text.split("*")) if "*" in text else normalize_tag(text)


def _matcher(wanted: str) -> Callable[[str], bool]:
    """A test for `key:abc*`, `key:*abc`, `key:*abc*`, `key:*`, and the same of bare tags."""
    key, colon, value = wanted.partition(":")
    before = f"{key}:" if colon else ""
    piece = value if colon else key
    head, tail = piece.startswith("*"), piece.endswith("*")
    piece, start = piece.strip("*"), len(before)
    if "*" in piece:
        raise QueryError(f"a wildcard stands only at the beginning or end of a value: {wanted}")
    if head and tail:
        return lambda tag: piece in tag[start:]
    if tail:
        return lambda tag: tag.startswith(piece, start)
    return lambda tag: len(tag) - start >= len(piece) and tag.endswith(piece)


def _group(tag_sets: Sequence[tuple[str, ...]], by: tuple[str, ...]) -> Membership:
    numbers: dict[tuple[str, ...], int] = {}
    heads = [f"{key}:" for key in by]
    of = [
        [
            numbers.setdefault(values, len(numbers))
            for values in product(*([tag[len(head) :] for tag in tags if tag.startswith(head)] for head in heads))
        ]
        for tags in tag_sets
    ]
    sizes = np.array([len(groups) for groups in of], np.int64)
    groups = np.array([group for groups in of for group in groups], np.int64)
    return Membership(list(numbers), groups, np.cumsum(sizes) - sizes, sizes)

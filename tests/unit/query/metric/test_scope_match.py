"""A scope means a set of tag sets, in Datadog's two styles, whatever case the tags were stored in."""

import numpy as np
import pytest

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
from lrcp.query.metric.scope_match import TagIndex, compile_scope

SETS = [
    ("canary", "env:prod", "host:web-1"),
    ("env:prod", "host:web-2", "model:gpt-5"),
    ("env:dev", "host:db-1"),
    ("endpoint:POST /qa", "model:Qwen/Qwen3"),
    (),
]

CASES: list[tuple[Scope, list[int]]] = [
    (Everything(), [0, 1, 2, 3, 4]),
    (TagMatch("env", "prod"), [0, 1]),
    (TagMatch("env", "PROD"), [0, 1]),
    (TagMatch("canary", None), [0]),
    (TagMatch("env", None), []),
    (TagMatch("canar*", None), [0]),
    (TagMatch("host", "*"), [0, 1, 2]),
    (TagMatch("host", "web-*"), [0, 1]),
    (TagMatch("host", "*-1"), [0, 2]),
    (TagMatch("host", "*eb*"), [0, 1]),
    (TagMatch("model", "qwen/qwen3"), [3]),
    (TagMatch("model", "Qwen/*"), [3]),
    (TagMatch("endpoint", "post_/qa"), [3]),
    (TagMatch("endpoint", "POST /qa"), [3]),
    (TagIn("host", ("web-1", "db-*")), [0, 2]),
    (ScopeNot(TagMatch("env", "prod")), [2, 3, 4]),
    (ScopeNot(TagIn("env", ("prod", "dev"))), [3, 4]),
    (ScopeAnd((TagMatch("env", "prod"), ScopeNot(TagMatch("canary", None)))), [1]),
    (
        ScopeOr(
            (TagMatch("canary", None), TagMatch("env", "dev")),
        ),
        [0, 2],
    ),
    (
        ScopeAnd((ScopeOr((TagMatch("env", "dev"), TagMatch("env", "prod"))), TagMatch("host", "*-1")), commas=False),
        [0, 2],
    ),
    (TagMatch("nobody", "x"), []),
]


@pytest.mark.parametrize(("scope", "places"), CASES)
def test_a_scope_selects_these_tag_sets(scope: Scope, places: list[int]) -> None:
    index = TagIndex(SETS)
    assert index.mask(scope).nonzero()[0].tolist() == places
    assert [i for i, tags in enumerate(SETS) if compile_scope(scope)(tags)] == places


def test_a_template_variable_has_no_meaning_here() -> None:
    with pytest.raises(QueryError, match=r"\$env has no value"):
        TagIndex(SETS).mask(ScopeNot(TemplateVariable("env")))


def test_groups_leave_out_tag_sets_that_miss_a_key() -> None:
    of = TagIndex(SETS).groups(("env", "host"))
    assert of.names == [("prod", "web-1"), ("prod", "web-2"), ("dev", "db-1")]
    assert (of.groups.tolist(), of.sizes.tolist()) == ([0, 1, 2], [1, 1, 1, 0, 0])


def test_a_tag_set_with_several_values_of_a_key_is_in_the_group_of_each() -> None:
    of = TagIndex([("role:a", "role:b", "x:1"), ("role:a", "x:1"), ("role:c",)]).groups(("role", "x"))
    places, groups = of.expand(np.array([1, 0, 2, 0]))
    assert [(place, of.names[group]) for place, group in zip(places.tolist(), groups.tolist(), strict=True)] == [
        (0, ("a", "1")),
        (1, ("a", "1")),
        (1, ("b", "1")),
        (3, ("a", "1")),
        (3, ("b", "1")),
    ]


def test_without_keys_everything_is_one_group() -> None:
    of = TagIndex(SETS).groups(())
    assert (of.names, of.groups.tolist()) == ([()], [0] * 5)


def test_the_same_selection_is_the_same_list() -> None:
    index = TagIndex(SETS)
    assert index.select(np.array([1, 0])) == [SETS[1], SETS[0]]
    assert index.select(np.array([1, 0])) is index.select(np.array([1, 0]))

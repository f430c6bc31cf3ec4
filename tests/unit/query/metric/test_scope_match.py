"""A scope means a set of tag sets, in Datadog's two styles, whatever case the tags were stored in."""

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
    groups, places = TagIndex(SETS).groups(("env", "host"))
    assert groups == [("prod", "web-1"), ("prod", "web-2"), ("dev", "db-1")]
    assert places.tolist() == [0, 1, 2, -1, -1]


def test_without_keys_everything_is_one_group() -> None:
    groups, places = TagIndex(SETS).groups(())
    assert groups == [()]
    assert places.tolist() == [0] * 5

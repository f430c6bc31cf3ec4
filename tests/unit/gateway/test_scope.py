"""Which requests a scope is about."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.scope import Matches, compile_patterns, compile_scope
from lrcp.model.policy.scope import Scope
from tests.support.exchanges import new_exchange

HEADERS = {
    "x-lrcp-tags": "team:search, service:shop, tier:gold-1",
    "x-lrcp-session": "s-42",
    "x-lrcp-user": "ada",
    "x-lrcp-priority": "high",
}


def matcher(scope: Scope) -> Matches:
    matches = compile_scope(scope)
    assert matches is not None
    return matches


def test_an_empty_scope_is_no_test_at_all() -> None:
    assert compile_scope(Scope()) is None


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (Scope(models=("gpt-4o*",)), True),
        (Scope(models=("claude-*", "gpt-4o-mini")), True),
        (Scope(models=("claude-*",)), False),
        (Scope(models=("*mini",), teams=("search",)), True),
        (Scope(models=("*mini",), teams=("billing",)), False),
        (Scope(services=("sh?p",)), False),
        (Scope(sessions=("s-*",)), True),
        (Scope(users=("ada", "bob")), True),
        (Scope(priorities=("low",)), False),
        (Scope(priorities=("low", "high")), True),
        (Scope(routes=("direct",)), True),
        (Scope(tags={"tier": "gold-*"}), True),
        (Scope(tags={"tier": "gold-*", "absent": "*"}), False),
        (Scope(keys=("*",)), False),
    ],
)
def test_every_member_that_is_given_must_match(scope: Scope, expected: bool) -> None:
    assert matcher(scope)(new_exchange(headers=HEADERS)) is expected


def test_a_key_is_matched_by_its_id_or_its_name() -> None:
    exchange = new_exchange()
    exchange.caller.key_id, exchange.caller.key_name = "key_1", "checkout"
    for pattern in ("key_1", "check*", "*"):
        assert matcher(Scope(keys=(pattern,)))(exchange), pattern


def test_what_a_request_does_not_have_is_matched_by_the_empty_value_only() -> None:
    absent, any_value = matcher(Scope(sessions=("",))), matcher(Scope(sessions=("*",)))
    assert (absent(new_exchange()), any_value(new_exchange())) == (True, False)
    with_session = new_exchange(headers=HEADERS)
    assert (absent(with_session), any_value(with_session)) == (False, True)


def test_a_request_that_names_no_model_is_matched_as_default() -> None:
    assert matcher(Scope(models=("default",)))(new_exchange(""))


words = st.text(alphabet="ab*", max_size=8)


@given(st.lists(words, max_size=4), st.text(alphabet="ab", min_size=1, max_size=10))
def test_patterns_match_what_a_shell_would_match(patterns: list[str], text: str) -> None:
    expected = any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)
    assert compile_patterns(patterns)(text) is expected

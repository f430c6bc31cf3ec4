"""Print and parse are each other's inverse, and no text makes the parser raise anything but QueryError."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.query.errors import QueryError
from lrcp.query.lexer import offset_in_literal, quote, unquote
from lrcp.query.metric.ast import Expression, Scope
from lrcp.query.metric.check import check_expression
from lrcp.query.metric.parser import parse_expression, parse_formula, parse_scope
from lrcp.query.metric.printer import print_expression, print_scope
from tests.support.query_trees import expressions, formulas, scopes

QUICK = settings(max_examples=150, deadline=None)
PIECES = [
    "avg", "p95", "count", ":", "x.y", "{", "}", "{*}", "{a:b,!c}", "{a IN (b)}", " by ", "{host}", ".", "rollup",
    "(", ")", ",", "'a'", '"', "\\", "5", "0.5", "-", "+", "*", "/", "as_count", "interval", "=", "top", "$v", "é", "\n",
]  # fmt: skip


@QUICK
@given(expressions(templates=True))
def test_an_expression_that_is_printed_and_parsed_is_the_same(tree: Expression) -> None:
    assert parse_expression(print_expression(tree)) == tree


@QUICK
@given(formulas())
def test_a_formula_that_is_printed_and_parsed_is_the_same(tree: Expression) -> None:
    assert parse_formula(print_expression(tree)) == tree


@QUICK
@given(scopes(templates=True))
def test_a_scope_that_is_printed_and_parsed_is_the_same(tree: Scope) -> None:
    assert parse_scope(print_scope(tree)) == tree


@QUICK
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    for parse in (parse_expression, parse_formula):
        with contextlib.suppress(QueryError):
            tree = parse(text)
            assert parse(print_expression(tree)) == tree
            check_expression(tree, monitor=True)
    with contextlib.suppress(QueryError):
        scope = parse_scope(text)
        assert parse_scope(print_scope(scope)) == scope


@QUICK
@given(expressions(), st.randoms(use_true_random=False))
def test_a_query_with_a_character_changed_is_parsed_or_refused(tree: Expression, chance: random.Random) -> None:
    text = list(print_expression(tree))
    text[chance.randrange(len(text))] = chance.choice("(){}:,.!'\"\\ *0aé")
    with contextlib.suppress(QueryError):
        check_expression(parse_expression("".join(text)))


@QUICK
@given(st.text(), st.sampled_from("\"'"))
def test_a_text_in_quotes_says_what_it_said(text: str, mark: str) -> None:
    literal = quote(text, mark)
    assert unquote(literal) == text
    for offset, char in enumerate(text):
        assert literal[offset_in_literal(literal, offset)] in (char, "\\")


DEEP = [
    "(" * 5000 + "avg:x{*}",
    "-" * 15000 + "avg:x{*}",
    "abs(" * 4000 + "avg:x{*}",
    "avg:x{" + "NOT " * 4000 + "a}",
    "avg:x{" + "(" * 9000 + "a}",
    " + ".join(["avg:x{*}"] * 1500),
    "!" * 19000,
    "=" * 19000,
    '"' + "\\" * 19000,
    "1" * 19000,
    "a" * 19000 + "{*}",
    "{" * 19000,
    "avg:x{*}" + " " * 30000,
]


@pytest.mark.parametrize("text", DEEP, ids=[text[:12] for text in DEEP])
def test_what_is_deep_or_long_is_refused_in_words(text: str) -> None:
    with pytest.raises(QueryError):
        parse_expression(text)


def test_what_is_just_within_the_bounds_can_be_parsed_printed_compared_and_hashed() -> None:
    text = "abs(" * 37 + " + ".join(["avg:x{*}"] * 101) + ")" * 37
    tree = parse_expression(text)
    assert print_expression(tree) == text
    assert hash(tree) == hash(parse_expression(text))
    check_expression(tree, monitor=True)

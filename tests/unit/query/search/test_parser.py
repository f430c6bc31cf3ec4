"""The search syntax: what a text means, and what is said of a text that means nothing."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lrcp.query.errors import QueryError
from lrcp.query.search.ast import (
    ANY,
    ONE,
    Field,
    FieldBetween,
    FieldCompares,
    FieldExists,
    FieldIs,
    FreeText,
    InNetwork,
    MatchAll,
    Pattern,
    Quantity,
    Search,
    SearchAnd,
    SearchNot,
    SearchOr,
)
from lrcp.query.search.parser import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, parse_search
from lrcp.query.search.printer import print_search
from tests.unit.query.search.trees import searches


def word(text: str) -> FreeText:
    return FreeText(Pattern((text,)))


def tag(key: str, value: str) -> FieldIs:
    return FieldIs(Field(key), Pattern((value,)))


def attribute(key: str, value: str) -> FieldIs:
    return FieldIs(Field(key, attribute=True), Pattern((value,)))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", MatchAll()),
        (" \n", MatchAll()),
        ("*", MatchAll()),
        ("*:*", MatchAll()),
        ("hello", word("hello")),
        ('"hello dolly"', FreeText(Pattern(("hello dolly",), quoted=True))),
        ("service:a", tag("service", "a")),
        ("@http.status:a", attribute("http.status", "a")),
        ("@a:-5", attribute("a", "-5")),
        ("@a:b:c", attribute("a", "b:c")),
        ('@a:"*"', FieldIs(Field("a", True), Pattern(("*",), quoted=True))),
        (r'@a:"say \"x\" \d \\"', FieldIs(Field("a", True), Pattern((r'say "x" \d ' + "\\",), quoted=True))),
        ("@a:b\\ c\\:d", attribute("a", "b c:d")),
        ("@a:*", FieldExists(Field("a", True))),
        ("_exists_:@a", FieldExists(Field("a", True))),
        ("_missing_:a", SearchNot(FieldExists(Field("a")))),
        ("-@a:*", SearchNot(FieldExists(Field("a", True)))),
        ("web*", FreeText(Pattern(("web", ANY)))),
        ("a:**x?", FieldIs(Field("a"), Pattern((ANY, "x", ONE)))),
        ('*:"full text"', FieldIs(Field("*"), Pattern(("full text",), quoted=True))),
        ("@d:>5s", FieldCompares(Field("d", True), ">", Quantity(5, "s"))),
        ("@d:<= 1.5", FieldCompares(Field("d", True), "<=", Quantity(1.5))),
        ("@d:[400 TO 499]", FieldBetween(Field("d", True), Quantity(400), Quantity(499))),
        ("@d:[* TO 5ms]", FieldBetween(Field("d", True), None, Quantity(5, "ms"))),
        ('v:["a b" TO c]', FieldBetween(Field("v"), "a b", "c")),
        ("CIDR(@ip,10.0.0.7/8)", InNetwork(Field("ip", True), ("10.0.0.0/8",))),
        ('CIDR(@ip, "::1/128", 1.2.3.4)', InNetwork(Field("ip", True), ("::1/128", "1.2.3.4/32"))),
    ],
)
def test_a_term_means_what_datadog_says(text: str, tree: Search) -> None:
    assert parse_search(text) == tree


A, B, C = word("a"), word("b"), word("c")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a b", SearchAnd((A, B))),
        ("a AND b && c", SearchAnd((A, B, C))),
        ("a OR b || c", SearchOr((A, B, C))),
        ("a OR b c", SearchOr((A, SearchAnd((B, C))))),
        ("(a OR b) c", SearchAnd((SearchOr((A, B)), C))),
        ("-a b", SearchAnd((SearchNot(A), B))),
        ("NOT a OR b", SearchOr((SearchNot(A), B))),
        ("NOT(a b)", SearchNot(SearchAnd((A, B)))),
        ("--a", SearchNot(SearchNot(A))),
        ("!a", SearchNot(A)),
        ("((a))", A),
        ("(a b) c", SearchAnd((A, B, C))),
        ("a and b", SearchAnd((A, word("and"), B))),
        ("env:(prod OR test)", SearchOr((tag("env", "prod"), tag("env", "test")))),
        ("k:(a -(b c))", SearchAnd((tag("k", "a"), SearchNot(SearchAnd((tag("k", "b"), tag("k", "c"))))))),
        ("@k IN [a, b]", SearchOr((attribute("k", "a"), attribute("k", "b")))),
        ("k NOT IN (a)", SearchNot(tag("k", "a"))),
        ("source:vpc NOT(CIDR(@a, 13.0.0.0/8))",
         SearchAnd((tag("source", "vpc"), SearchNot(InNetwork(Field("a", True), ("13.0.0.0/8",)))))),
    ],
)  # fmt: skip
def test_terms_are_combined_by_precedence(text: str, tree: Search) -> None:
    assert parse_search(text) == tree


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("a AND", 6, "a term is missing"),
        ("AND a", 1, "AND without a term"),
        ("a OR OR b", 6, "OR without a term"),
        ("(a OR)", 6, "a term is missing"),
        ("(a b", 1, "a parenthesis is not closed"),
        ("a)", 2, "unexpected ')'"),
        ("a]", 2, "a term is missing"),
        ('a "b', 3, "a quote is not closed"),
        ("foo(bar)", 4, "within a word"),
        ('"a"b', 4, "follows a closing quote"),
        ("@:a", 2, "an attribute without a name"),
        ("a*:b", 1, "a name with a wildcard"),
        ("#calc:1", 1, "calculated fields"),
        ("service:", 9, "a value is missing"),
        ("service: a", 9, "a value is missing"),
        ("a\\", 3, "a backslash escapes nothing"),
        ("@a:>b", 5, "compares with a number"),
        ("@a:>1e999", 5, "compares with a number"),
        ("@a:[1 2]", 7, "a range without its TO"),
        ("@a:[1 TO b]", 4, "from a text to a number"),
        ("@a:[1 TO 2", 11, "a range is not closed"),
        ("@a:[x* TO 2]", 5, "with a wildcard"),
        ("*:>5", 3, "takes words only"),
        ("CIDR(@a)", 8, "CIDR takes"),
        ("CIDR(@a, 10.0.0.0/33)", 10, "no network"),
        ("k IN a", 6, "IN without a list"),
        ("k IN [a b]", 9, "without a comma"),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, column: int, words: str) -> None:
    with pytest.raises(QueryError) as fault:
        parse_search(text)
    assert words in fault.value.reason
    assert fault.value.column == column
    assert str(fault.value).endswith(" " * (column + 1) + "^")


@pytest.mark.parametrize(
    "text",
    [
        "a" * (MAX_LENGTH + 1),
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        "-" * (MAX_DEPTH + 1) + "a",
        "a " * (MAX_TERMS + 1),
        "k IN [" + "a," * MAX_TERMS + "a]",
        '"' + "\\" * 16_000,
    ],
)
def test_a_search_without_bounds_is_refused(text: str) -> None:
    with pytest.raises(QueryError):
        parse_search(text)


def test_a_search_at_the_bounds_is_read() -> None:
    assert parse_search("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) == A
    negated = parse_search("-" * MAX_DEPTH + "a")
    assert parse_search(print_search(negated)) == negated


@settings(max_examples=300, deadline=None)
@given(searches())
def test_what_is_printed_is_read_back(tree: Search) -> None:
    assert parse_search(print_search(tree)) == tree


GRAMMAR = st.sampled_from(
    ["(", ")", "[", "]", '"', "\\", "@", ":", "*", "?", "-", "!", ">", "<", "=", "AND", "OR", "NOT", "IN", "TO", "CIDR(", "a", "5s", ",", " ", "&&", "||", "10.0.0.0/8"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(GRAMMAR, max_size=14).map("".join), st.text(max_size=30)))
@example("a OR")
def test_any_text_is_a_search_or_a_query_error(text: str) -> None:
    try:
        tree = parse_search(text)
    except QueryError:
        return
    assert parse_search(print_search(tree)) == tree

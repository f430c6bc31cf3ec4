"""Wildcards and words: the functions against plain translations to regular expressions, and texts made to be slow."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrcp.query.search.ast import ANY, Pattern, Wildcard
from lrcp.query.search.globs import compile_glob
from lrcp.query.search.numbers import find_number, number_text
from lrcp.query.search.words import compile_words, words_of
from tests.unit.query.search.trees import patterns

ALPHABET = st.text(alphabet="aAb1-_ .\n\té", max_size=12)
PATTERNS = patterns(st.text(alphabet="aAb1-_ .é", min_size=1, max_size=3))
WORD = r"[0-9a-z\u0080-\U0010ffff]"


def as_regex(pattern: Pattern, any_run: str, one: str) -> str:
    return "".join(
        (any_run if part == ANY else one) if isinstance(part, Wildcard) else re.escape(part) for part in pattern.parts
    )


@settings(max_examples=400, deadline=None)
@given(PATTERNS, ALPHABET)
def test_a_glob_is_its_regular_expression(pattern: Pattern, text: str) -> None:
    wanted = re.fullmatch(as_regex(pattern, ".*", "."), text, re.S) is not None
    assert compile_glob(pattern)(text) == wanted


@settings(max_examples=400, deadline=None)
@given(PATTERNS.filter(lambda pattern: pattern.literal is None), ALPHABET)
def test_a_word_with_wildcards_stands_at_the_edges_of_words(pattern: Pattern, text: str) -> None:
    inner = as_regex(pattern, r"[^\t\n\f\r ]*", r"[^\t\n\f\r ]").lower()
    opens = "" if pattern.parts[0] == ANY else f"(?<!{WORD})"
    closes = "" if pattern.parts[-1] == ANY else f"(?!{WORD})"
    spaced = any(isinstance(part, str) and " " in part for part in pattern.parts)
    wanted = not spaced and re.search(f"{opens}{inner}{closes}", text.lower().replace("É", "é")) is not None
    assert compile_words(pattern)(text) == wanted


@settings(max_examples=400, deadline=None)
@given(PATTERNS.filter(lambda pattern: bool(words_of(pattern))), ALPHABET)
def test_a_phrase_is_its_words_in_a_row(pattern: Pattern, text: str) -> None:
    words, found = words_of(pattern), re.findall(f"{WORD}+", text.lower())
    wanted = any(found[at : at + len(words)] == words for at in range(len(found)))
    assert compile_words(pattern)(text) == wanted


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["a" * 200_000, "a-" * 100_000, "a " * 100_000])
def test_many_wildcards_over_a_long_text_end(text: str) -> None:
    pattern = Pattern(("a", ANY) * 40 + ("z",))
    assert not compile_glob(pattern)(text)
    assert not compile_words(pattern)(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("5", 5), ("-7.25", -7.25), ("1e3", 1000), ("05", 5), ("", None), ("5s", None), (" 5", None), ("1_0", None), ("nan", None), (".5", None), ("5\n", None)],
)  # fmt: skip
def test_a_text_is_a_number_or_none(text: str, number: float | None) -> None:
    assert find_number(text) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (5.0, "5"), (2.5, "2.5"), (1e-6, "0.000001"), (1e-7, "1e-7"), (1e21, "1e21"), (3e22, "3e22"), (123456789.125, "123456789.125"), (1e20, "100000000000000000000")],
)  # fmt: skip
def test_a_number_is_written_as_the_store_writes_it(value: float, text: str) -> None:
    assert number_text(value) == text

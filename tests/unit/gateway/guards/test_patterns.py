"""The guard of words and patterns: what it finds, where, and what it does not take."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.exchange import Caller
from lrcp.gateway.guards.patterns import make_patterns
from lrcp.gateway.guards.port import GuardInput, GuardText
from lrcp.model.errors import InputError


def found(text: str, role: str = "user", start: int = 0, **options: Any) -> Sequence[str]:
    guard = make_patterns(options)
    seen = GuardInput("request", [GuardText(role, text, start)], Caller(), "m", wants_spans=True)
    return [text[span.start : span.end] for span in guard.judge(seen).spans]


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("a Forbidden-Word, here", ["forbidden-word"], ["Forbidden-Word"]),
        ("forbidden-words", ["forbidden-word"], []),
        ("naïve", ["na"], []),
        ("na na naïve na", ["na"], ["na", "na", "na"]),
        ("ÄRGER und ärgern", ["ärger"], ["ÄRGER"]),
        ("ïna ba", ["na ba", "ba"], ["ba"]),
        ("is C++ or c+++", ["c++"], ["C++", "c++"]),
        ("禁止 的词", ["禁止"], ["禁止"]),
        ("😀 bad 😀bad😀", ["bad"], ["bad", "bad"]),
        ("a\ud800 bad", ["bad"], ["bad"]),
        ("bad", ["b.d"], []),
    ],
)
def test_words_are_found_where_they_stand_alone_in_any_script(text: str, words: list[str], expected: list[str]) -> None:
    assert found(text, words=words) == expected


def test_patterns_are_found_anywhere_and_overlaps_become_one() -> None:
    assert found("xid 1234-5678x", patterns=[r"\d{4}-\d{4}"]) == ["1234-5678"]
    assert found("id 1234-5678x", words=["id 1234"], patterns=[r"\d{4}-\d{4}"]) == ["id 1234-5678"]


def test_case_counts_where_the_policy_says_so() -> None:
    assert found("Bad bad", words=["bad"], case_sensitive=True) == ["bad"]


def test_only_texts_of_the_named_roles_are_looked_at() -> None:
    assert found("bad", role="system", words=["bad"], roles=["user"]) == []


def test_what_is_ahead_of_the_start_is_context_only() -> None:
    assert found("xbad bad", start=1, words=["bad"]) == ["bad"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "words or patterns"),
        ({"words": [""]}, "none of them empty"),
        ({"patterns": ["("]}, "no pattern of RE2"),
        ({"patterns": [r"(a)\1"]}, "no pattern of RE2"),
        ({"patterns": ["(?=a)"]}, "no pattern of RE2"),
        ({"patterns": ["a*"]}, "matches where there is nothing"),
        ({"patterns": [r"\b"]}, "matches where there is nothing"),
        ({"patterns": ["a)|(b"]}, "no pattern of RE2"),
        ({"words": ["a"], "other": 1}, "unknown field"),
        ({"words": ["a"] * 10_001}, "at most"),
    ],
)
def test_options_that_make_no_sense_are_refused_with_the_reason(options: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        make_patterns(options)


def test_patterns_that_would_take_backtracking_engines_for_ever_are_done_at_once() -> None:
    assert found("a" * 100_000, patterns=["(a+)+$"]) == ["a" * 100_000]
    assert found("a" * 100_000 + "!", patterns=["(a|aa)+$"]) == []


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=3))
def test_every_word_that_was_put_into_a_text_by_itself_is_found(text: str, words: list[str]) -> None:
    for word in words:
        assert any(word.strip() in place or place in word for place in found(f"{text} {word} ", words=[word]))

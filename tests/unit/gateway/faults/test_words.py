"""Rewriters of an answer's words."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrcp.gateway.faults.words import REWRITERS

SENTENCE = "The jacket SKU-4471 is warm. It comes in blue, and it keeps the rain out for a whole day."
PIECES = st.lists(st.text(max_size=30), max_size=12)
KINDS = pytest.mark.parametrize("kind", REWRITERS)


def rewrite(kind: str, pieces: list[str], *, key: str = "key", text: str = "") -> str:
    rewriter = REWRITERS[kind](key, text)
    return "".join([*map(rewriter.feed, pieces), rewriter.finish()])


@KINDS
@given(pieces=PIECES)
def test_the_same_key_and_pieces_give_the_same_words(kind: str, pieces: list[str]) -> None:
    assert rewrite(kind, pieces) == rewrite(kind, pieces)


@pytest.mark.parametrize("kind", ["garbled", "empty", "repeated"])
@given(pieces=PIECES)
def test_how_an_answer_is_cut_into_pieces_does_not_change_it(kind: str, pieces: list[str]) -> None:
    assert rewrite(kind, pieces) == rewrite(kind, ["".join(pieces)])


@KINDS
@given(pieces=PIECES)
def test_no_rewriter_makes_an_answer_endless(kind: str, pieces: list[str]) -> None:
    assert len(rewrite(kind, pieces)) <= 12 * sum(map(len, pieces)) + 400


def test_garbling_keeps_length_and_spaces_and_spoils_about_half_of_the_letters() -> None:
    garbled = rewrite("garbled", [SENTENCE * 20])
    spoilt = sum(old != new for old, new in zip(SENTENCE * 20, garbled, strict=True))
    letters = sum(char.isalnum() for char in SENTENCE) * 20
    assert 0.4 * letters < spoilt < 0.6 * letters
    assert garbled.count(" ") == SENTENCE.count(" ") * 20


def test_an_empty_answer_has_no_words() -> None:
    assert rewrite("empty", [SENTENCE]) == ""


def test_a_repeated_answer_says_its_beginning_four_times_at_least() -> None:
    assert rewrite("repeated", ["Yes, we do."]) == "Yes, we do. " * 4
    assert rewrite("repeated", [SENTENCE]).count(SENTENCE[:40]) >= 3


def test_an_answer_off_topic_shares_no_word_of_the_answer_and_can_be_given() -> None:
    assert "jacket" not in rewrite("off_topic", [SENTENCE])
    assert rewrite("off_topic", ["a b c", " d"], text="Ask the  cook.") == "Ask the  cook."


def test_product_ids_become_ids_of_no_product_also_where_a_piece_ends_within_one() -> None:
    said = rewrite("hallucinated_product", ["Take SK", "U-44", "71 or AB12."], text="GHOST-1 GHOST-2")
    assert said == "Take GHOST-1 or GHOST-2."


def test_an_answer_without_ids_gets_some_in_a_sentence_of_its_own() -> None:
    said = rewrite("hallucinated_product", ["We have jackets."])
    assert said.startswith("We have jackets. You may also like PROD-")
    assert len(re.findall(r"PROD-\d{7}", said)) == 3


def test_an_answer_in_json_stays_json() -> None:
    said = rewrite("hallucinated_product", ['{"id', 's": ["SKU', '-1"], "n": 2}'], text="GHOST-1")
    assert said == '{"ids": ["GHOST-1"], "n": 2}'
    assert rewrite("hallucinated_product", ["[1, 2]"]) == "[1, 2]"

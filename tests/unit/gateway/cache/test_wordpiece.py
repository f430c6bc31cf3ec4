"""Text to token ids, as the reference tokenizer of the vocabulary does it."""

import pytest

from lrcp.gateway.cache.embedding import BuiltinEmbedder
from lrcp.gateway.cache.wordpiece import WordPiece, load_wordpiece

CASES = [
    ("How do I reset my password?", [101, 2129, 2079, 1045, 25141, 2026, 20786, 1029, 102]),
    (
        "naïve Café €20.5 don't (x_y)",
        [101, 15743, 7668, 1574, 11387, 1012, 1019, 2123, 1005, 1056, 1006, 1060, 1035, 1061, 1007, 102],
    ),
    ("你好, 世界!", [101, 100, 100, 1010, 1745, 100, 999, 102]),
    (
        "Wie kündige ich mein Abo – jetzt?",
        [101, 15536, 2063, 28919, 4305, 3351, 22564, 24182, 11113, 2080, 1516, 6892, 2480, 2102, 1029, 102],
    ),
    ("a\tb\u200bc", [101, 1037, 4647, 102]),
    (
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        [101, 100, 102],
    ),
    ("unaffable electroencephalography", [101, 14477, 20961, 3468, 16175, 10127, 21890, 21197, 26228, 102]),
    (" ", [101, 102]),
]
"""Ids given by the package tokenizers 0.23.3 with the same tokenizer.json."""


@pytest.fixture(scope="module")
def wordpiece() -> WordPiece:
    return load_wordpiece(BuiltinEmbedder().vocabulary)


@pytest.mark.parametrize(("text", "ids"), CASES)
def test_the_ids_are_those_of_the_reference(wordpiece: WordPiece, text: str, ids: list[int]) -> None:
    assert wordpiece.encode(text, 512) == ids


def test_a_long_text_is_cut_and_still_has_its_last_mark(wordpiece: WordPiece) -> None:
    ids = wordpiece.encode("word " * 1000, 256)
    assert (len(ids), ids[0], ids[-1]) == (256, 101, 102)


def test_the_same_question_in_other_words_is_nearer_than_another_one() -> None:
    asked, again, other = BuiltinEmbedder().embed_now(
        ["How do I reset my password?", "I forgot my password, how do I get a new one?", "What's the weather in Lyon?"]
    )
    assert asked @ again > 0.7 > 0.3 > asked @ other
    assert abs(float(asked @ asked) - 1) < 1e-5


def test_a_text_has_the_same_vector_alone_and_among_others() -> None:
    embedder = BuiltinEmbedder()
    alone = embedder.embed_now(["How do I reset my password?"])[0]
    among = embedder.embed_now(["Why?", "How do I reset my password?", "a much longer question " * 9])[1]
    assert float(alone @ among) > 0.99

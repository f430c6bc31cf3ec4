"""WordPiece: text to the token ids of BERT's lower-case English vocabulary, as the built-in embedder was trained on.

Source: Devlin et al. 2018 and the vocabulary's own declaration (lower case, accents off, punctuation and CJK apart,
the longest piece first); checked against the reference tokenizer in tests/unit/gateway/cache/test_wordpiece.py.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

_CLS: Final = "[CLS]"
_SEP: Final = "[SEP]"
_UNKNOWN: Final = "[UNK]"
_MAX_WORD_CHARS: Final = 100
_CJK: Final = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """A vocabulary: piece -> id; pieces within a word begin with ##."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        self._vocabulary = vocabulary
        self._cls, self._sep, self._unknown = (vocabulary[name] for name in (_CLS, _SEP, _UNKNOWN))

    def encode(self, text: str, max_tokens: int) -> list[int]:
        """Ids of the text between its two marks, max_tokens at most with them."""
        ids = [id for word in _split_words(text) for id in self._pieces_of(word)]
        return [self._cls, *ids[: max_tokens - 2], self._sep]

    def _pieces_of(self, word: str) -> list[int]:
        """The longest pieces from the left; the mark of the unknown where one is missing."""
        if len(word) > _MAX_WORD_CHARS:
            return [self._unknown]
        ids, start = [], 0
        while start < len(word):
            found = self._longest_piece(word, start)
            if found is None:
                return [self._unknown]
            id, start = found
            ids.append(id)
        return ids

    def _longest_piece(self, word: str, start: int) -> tuple[int, int] | None:
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            id = self._vocabulary.get(prefix + word[start:end])
            if id is not None:
                return id, end
        return None


def load_wordpiece(path: Path) -> WordPiece:
    """The vocabulary in a tokenizer.json."""
    declared: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return WordPiece(declared["model"]["vocab"])


def _split_words(text: str) -> Iterator[str]:
    """Words in lower case without accents; punctuation and CJK characters are words of their own."""
    word: list[str] = []
    for char in _fold(text):
        if char.isspace() or _is_alone(char):
            if word:
                yield "".join(word)
                word = []
            if not char.isspace():
                yield char
        else:
            word.append(char)
    if word:
        yield "".join(word)


def _fold(text: str) -> Iterator[str]:
    """Lower case, accents taken off, control characters left out."""
    for char in unicodedata.normalize("NFD", text.lower()):
        category = unicodedata.category(char)
        if char in "\t\n\r" or category == "Zs":
            yield " "
        elif category != "Mn" and not category.startswith("C") and char != "�":
            yield char


def _is_alone(char: str) -> bool:
    code = ord(char)
    if code < 128:
        return not char.isalnum() and not char.isspace()
    return unicodedata.category(char).startswith("P") or any(low <= code <= high for low, high in _CJK)

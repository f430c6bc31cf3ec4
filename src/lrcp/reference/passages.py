"""Which parts of a document to show a model with a small context: those that share the question's rarer words."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

PASSAGE_CHARS = 400
BUDGET_CHARS = 1_600
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A piece of a document: its text, where it starts (characters), and how well it matches the question (>= 0)."""

    text: str
    start: int
    score: float


def select_passages(document: str, question: str, budget_chars: int = BUDGET_CHARS) -> list[Passage]:
    """The best-matching passages that fit the budget, in the document's order; the whole document when it fits."""
    if len(document) <= budget_chars:
        return [Passage(text=document, start=0, score=1.0)] if document.strip() else []
    pieces = split_passages(document)
    scores = _match_scores([text for _, text in pieces], question)
    ranked = sorted(range(len(pieces)), key=lambda i: (-scores[i], i))
    chosen: list[int] = []
    room = budget_chars
    for i in ranked:
        if len(pieces[i][1]) <= room:
            chosen.append(i)
            room -= len(pieces[i][1]) + 1
    return [Passage(text=pieces[i][1], start=pieces[i][0], score=round(scores[i], 4)) for i in sorted(chosen)]


def split_passages(document: str) -> list[tuple[int, str]]:
    """(start, text) of consecutive passages: whole sentences, gathered up to PASSAGE_CHARS; longer ones are cut."""
    pieces: list[tuple[int, str]] = []
    for start, sentence in _sentences(document):
        if pieces and len(pieces[-1][1]) + len(sentence) < PASSAGE_CHARS:
            first, text = pieces[-1]
            pieces[-1] = (first, f"{text} {sentence}")
            continue
        cuts = range(0, len(sentence), PASSAGE_CHARS)
        pieces.extend((start + at, sentence[at : at + PASSAGE_CHARS]) for at in cuts)
    return pieces


def shorten_middle(text: str, budget_chars: int) -> str:
    """The text, its middle cut out when it is longer than the budget: instructions stand at either end."""
    if len(text) <= budget_chars:
        return text
    half = (budget_chars - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def _sentences(document: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    at = 0
    for end in [*(match.span() for match in _SENTENCE_END.finditer(document)), (len(document), len(document))]:
        raw = document[at : end[0]]
        if raw.strip():
            found.append((at + len(raw) - len(raw.lstrip()), raw.strip()))
        at = end[1]
    return found


def _match_scores(texts: Sequence[str], question: str) -> list[float]:
    """Per text, the sum of the rarity of the question's words in it (inverse document frequency over the texts)."""
    words = [set(_words(text)) for text in texts]
    seen_in = Counter(word for found in words for word in found)
    rarity = {word: math.log(1 + len(texts) / seen_in[word]) for word in set(_words(question)) if seen_in[word]}
    return [sum(rarity[word] for word in found & rarity.keys()) for found in words]


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text) if len(word) > 2]
